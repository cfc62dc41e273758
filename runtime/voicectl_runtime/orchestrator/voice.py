"""The agent's voice: what it says often is rendered once and kept on disk; the rest is made as it is needed."""

import asyncio
import contextlib
import hashlib
import os
import re
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from operator import methodcaller
from pathlib import Path
from typing import Final

from voicectl_runtime.orchestrator.band import BANDS, NARROW, WIDE, Band, narrowed
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Note
from voicectl_runtime.orchestrator.engines.tts import Speaker
from voicectl_runtime.orchestrator.speech import Part, Speech

RENDERED_WITHIN_S: Final = 30.0
"""Nobody waits for a phrase that is rendered at the start, and a large engine may still be warming up."""
CHARACTER_MS: Final = 1000 / 12
"""Of a slow speaker: where a sound broke off, some words are heard twice rather than one never."""


class Voice:
    """Speaks through the engines, and without them wherever it has said the same before."""

    def __init__(self, tts: Ladder[Speaker], voice: str, prompts: Path, band: Band = NARROW) -> None:
        """`voice` names the best engine and its model: another voice has other recordings of the same text."""
        self._tts, self._voice, self._prompts, self.band = tts, voice, prompts, band
        self._folder = prompts / "cache"

    def in_band(self, band: Band) -> "Voice":
        """The same voice, as another caller's telephone carries it."""
        return self if band is self.band else Voice(self._tts, self._voice, self._prompts, band)

    def say(self, text: str, note: Note) -> Speech:
        """The text as speech; starts an engine when it is not kept."""
        if (file := self._kept(text, self.band)).is_file():
            return Speech(text, file, self.band)
        return Speech.made_by(self._parts(text, note), self.band)

    def say_clauses(self, clauses: AsyncGenerator[str, None], note: Note) -> Speech:
        """Clauses as one speech, each spoken as soon as it is there."""
        return Speech.made_by(self._parts_of(clauses, note), self.band)

    async def keep(self, texts: Iterable[str]) -> int:
        """Render in the best voice what callers of one band or the other lack; returns how many phrases that were.

        Raises:
            EngineError: it does not speak.
        """
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        missing = [text for text in dict.fromkeys(texts) if text and not self._is_kept(text)]
        for text in missing:
            wide, narrow = self._kept(text, WIDE), self._kept(text, NARROW)
            if not wide.is_file():
                _write(wide, await self._whole(text))
            if not narrow.is_file():
                _write(narrow, narrowed(wide.read_bytes()))
        return len(missing)

    def name(self, name: str, text: str) -> None:
        """Give a kept phrase the name under which the dialplan plays it when this process is gone."""
        link = self._prompts / f"{name}.sln"
        fresh = link.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        os.link(self._kept(text, NARROW), fresh)
        fresh.replace(link)

    def _is_kept(self, text: str) -> bool:
        return all(self._kept(text, band).is_file() for band in BANDS)

    def _kept(self, text: str, band: Band) -> Path:
        known_by = self._voice.encode() + b"\n" + text.encode()
        return self._folder / f"{hashlib.sha256(known_by).hexdigest()[:32]}{band.ending}"

    async def _whole(self, text: str) -> bytes:
        """A phrase in wideband: the narrow one is made from it, so that the voice says it once."""
        try:
            async with (
                asyncio.timeout(RENDERED_WITHIN_S),
                aclosing(self._tts.best.speak(text, WIDE.rate_hz)) as pieces,
            ):
                sound = b"".join([piece async for piece in pieces])
        except TimeoutError as error:
            raise EngineError("tts", f"a phrase took more than {RENDERED_WITHIN_S:g} s") from error
        if not sound:
            raise EngineError("tts", "an answer without sound")
        return sound

    async def _parts(self, text: str, note: Note) -> AsyncGenerator[Part, None]:
        if (file := self._kept(text, self.band)).is_file():
            yield text, file.read_bytes()
            return
        rest, spoken = text, 0
        for is_rest in (False, True):
            try:
                async with aclosing(self._tts.stream(methodcaller("speak", rest, self.band.rate_hz), note)) as pieces:
                    async for piece in pieces:
                        spoken += len(piece)
                        yield text, piece
            except EngineError:
                if is_rest or not spoken:
                    raise
                # It broke off: what came is spoken, and the rest is asked for once more, perhaps from another engine.
                rest = unsaid(text, spoken / self.band.bytes_per_ms)
            else:
                return

    async def _parts_of(self, clauses: AsyncGenerator[str, None], note: Note) -> AsyncGenerator[Part, None]:
        any_yet = False
        async with aclosing(clauses) as closing:
            async for clause in closing:
                any_yet = True
                async with aclosing(self._parts(clause, note)) as parts:
                    async for part in parts:
                        yield part
        if not any_yet:
            note("engine_failed", engine="llm", why="an answer that cannot be spoken")
            raise EngineError("llm", "an answer that cannot be spoken")


def unsaid(text: str, sound_ms: float) -> str:
    """The text from the clause on in which its sound broke off, reckoned by length."""
    said = round(sound_ms / CHARACTER_MS)
    starts = [0, *(mark.end() for mark in re.finditer(r"[,;:.!?]\s+", text))]
    return text[max(start for start in starts if start <= said) :]


def _write(path: Path, sound: bytes) -> None:
    """A phrase is there as a whole or not at all, whenever the process ends."""
    part = path.with_suffix(".part")
    with contextlib.suppress(FileNotFoundError):
        part.unlink()
    part.write_bytes(sound)
    part.replace(path)
