"""The agent's voice: what it says often is rendered once and kept on disk; the rest is made as it is needed."""

import contextlib
import hashlib
import os
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Final

from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.tts import TextToSpeech
from voicectl_runtime.orchestrator.speech import Part, Speech

RENDERED_WITHIN_S: Final = 30.0
"""Nobody waits for a phrase that is rendered at the start, and a large engine may still be warming up."""


class Voice:
    """Speaks through tts-service, and without it wherever it has said the same before."""

    def __init__(self, tts: TextToSpeech, voice: str, prompts: Path) -> None:
        """`voice` names engine and model: another voice has other recordings of the same text."""
        self._tts, self._voice, self._prompts = tts, voice, prompts
        self._folder = prompts / "cache"

    def say(self, text: str) -> Speech:
        """The text as speech; starts the engine when it is not kept."""
        if (file := self._kept(text)).is_file():
            return Speech(text, file)
        return Speech.made_by(self._parts(text))

    def say_clauses(self, clauses: AsyncGenerator[str, None]) -> Speech:
        """Clauses as one speech, each spoken as soon as it is there."""
        return Speech.made_by(self._parts_of(clauses))

    async def keep(self, texts: Iterable[str]) -> int:
        """Render what is not kept yet; returns how many phrases that were.

        Raises:
            EngineError: tts-service does not speak.
        """
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        missing = [text for text in dict.fromkeys(texts) if text and not self._kept(text).is_file()]
        for text in missing:
            async with aclosing(self._tts.speak(text, RENDERED_WITHIN_S)) as pieces:
                _write(self._kept(text), b"".join([piece async for piece in pieces]))
        return len(missing)

    def name(self, name: str, text: str) -> None:
        """Give a kept phrase the name under which the dialplan plays it when this process is gone."""
        link = self._prompts / f"{name}.sln"
        fresh = link.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        os.link(self._kept(text), fresh)
        fresh.replace(link)

    def _kept(self, text: str) -> Path:
        known_by = self._voice.encode() + b"\n" + text.encode()
        return self._folder / f"{hashlib.sha256(known_by).hexdigest()[:32]}.sln"

    async def _parts(self, text: str) -> AsyncGenerator[Part, None]:
        async with aclosing(self._tts.speak(text)) as pieces:
            async for piece in pieces:
                yield text, piece

    async def _parts_of(self, clauses: AsyncGenerator[str, None]) -> AsyncGenerator[Part, None]:
        any_yet = False
        async with aclosing(clauses) as closing:
            async for clause in closing:
                any_yet = True
                async with aclosing(self._parts(clause)) as parts:
                    async for part in parts:
                        yield part
        if not any_yet:
            raise EngineError("llm", "an answer that cannot be spoken")


def _write(path: Path, sound: bytes) -> None:
    """A phrase is there as a whole or not at all, whenever the process ends."""
    part = path.with_suffix(".part")
    with contextlib.suppress(FileNotFoundError):
        part.unlink()
    part.write_bytes(sound)
    part.replace(path)
