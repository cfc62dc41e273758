"""What the caller hears: sound goes into small files in tmpfs, played back to back; any AGI command stops it."""

import itertools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voicectl_runtime.orchestrator.agi import Agi, AgiGoneError
from voicectl_runtime.orchestrator.ears import BYTES_PER_MS, now_ms
from voicectl_runtime.orchestrator.speech import Speech

FIRST_MS: Final = 60
"""The first piece is as short as a playback without a gap allows."""
LATER_MS: Final = 40
LONGEST_MS: Final = 1000


@dataclass(frozen=True)
class Spoken:
    """How a speech ended."""

    heard_ms: float
    was_interrupted: bool


class Mouth:
    """Plays one speech at a time on one call."""

    def __init__(self, agi: Agi, folder: Path, on_sound: Callable[[bytes], None], on_cut: Callable[[], None]) -> None:
        """Pieces go to `folder`; what is played, and that the rest of it was not, is told to the recording."""
        self._agi, self._folder, self._on_sound, self._on_cut = agi, folder, on_sound, on_cut
        self._numbers = itertools.count(1)
        self._speaking: Speech | None = None
        self._is_playing = False
        folder.mkdir(mode=0o750, parents=True)

    async def say(self, speech: Speech, on_first: Callable[[], None]) -> Spoken:
        """Play a speech to its end or until `stop`; `on_first` is called when its first sound goes out.

        Raises:
            AgiError: the call is over.
        """
        self._speaking = speech
        heard_ms = 0.0
        least = FIRST_MS
        while (piece := await self._next_piece(speech, least)) and self._speaking is speech:
            file, sound, is_ours = piece
            if heard_ms == 0.0:
                on_first()
            heard_ms += await self._play(file, sound)
            if is_ours:
                file.unlink(missing_ok=True)
            if speech.file or self._speaking is not speech:
                break
            least = LATER_MS
        was_interrupted = self._speaking is not speech
        if not was_interrupted:
            self._speaking = None
        return Spoken(heard_ms, was_interrupted)

    async def stop(self) -> None:
        """Be silent within one frame."""
        self._speaking = None
        if self._is_playing:
            await self._agi.command("NOOP")

    @property
    def is_playing(self) -> bool:
        """Whether any other command would break off a sound."""
        return self._is_playing

    def close(self) -> None:
        """Leave nothing in tmpfs."""
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _next_piece(self, speech: Speech, least_ms: int) -> tuple[Path, bytes, bool] | None:
        if speech.file:
            return speech.file, speech.file.read_bytes(), False
        sound = await speech.take(least_ms * BYTES_PER_MS, LONGEST_MS * BYTES_PER_MS)
        if not sound:
            return None
        file = self._folder / f"{next(self._numbers)}.sln"
        file.write_bytes(sound)
        return file, sound, True

    async def _play(self, file: Path, sound: bytes) -> float:
        """Play one file; returns how much of it was heard."""
        length_ms = len(sound) / BYTES_PER_MS
        began_ms = now_ms()
        self._on_sound(sound)
        self._is_playing = True
        try:
            reply = await self._agi.stream(str(file.with_suffix("")), length_ms / 1000)
        finally:
            self._is_playing = False
        if reply is None:
            self._on_cut()
            return min(length_ms, now_ms() - began_ms)
        if reply.result < 0:
            raise AgiGoneError("hung up while a file played")
        return length_ms
