"""What the caller hears: sound goes into small files in tmpfs, played back to back; any AGI command stops it."""

import asyncio
import itertools
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voicectl_runtime.orchestrator.agi import Agi, AgiGoneError
from voicectl_runtime.orchestrator.ears import now_ms
from voicectl_runtime.orchestrator.pieces import Pieces
from voicectl_runtime.orchestrator.speech import Speech

FRAME_MS: Final = 20
STARTS_WITHIN_MS: Final = 25
"""From the command to the first packet, on a busy machine. On a quiet one a packet or two are heard twice after a false
stop; with less, a busy one would lose them."""


@dataclass(frozen=True)
class Spoken:
    """How a speech ended."""

    heard_ms: float
    was_interrupted: bool
    gap_ms: float = 0.0
    """Silence within it, because the voice was too slow."""


class Mouth:
    """Plays one speech at a time on one call."""

    def __init__(
        self,
        agi: Agi,
        folder: Path,
        buffer_ms: int,
        *,
        on_sound: Callable[[str, bytes], None],
        on_cut: Callable[[], None],
    ) -> None:
        """Pieces go to `folder`; what is played, and in which words, is told to the recording, and that it was cut."""
        self._agi, self._folder, self._buffer_ms = agi, folder, buffer_ms
        self._on_sound, self._on_cut = on_sound, on_cut
        self._numbers = itertools.count(1)
        self._speaking: Speech | None = None
        self._pieces: Pieces | None = None
        self._is_playing = False
        self._silenced_ms = math.inf
        self._may_speak = asyncio.Event()
        folder.mkdir(mode=0o750, parents=True)

    async def say(self, speech: Speech, on_first: Callable[[], None]) -> Spoken:
        """Play a speech to its end or until `stop`; `on_first` is called when its first sound goes out.

        Raises:
            AgiError: the call is over.
        """
        self._speaking = speech
        self._may_speak.set()
        self._pieces = pieces = Pieces(speech, self._buffer_ms)
        kept = speech.file.read_bytes() if speech.file else None
        has_begun = False
        while sound := await pieces.next() if kept is None else kept[pieces.at :]:
            await self._may_speak.wait()
            if self._speaking is not speech:
                break
            if not has_begun:
                has_begun = True
                on_first()
            pieces.at += await self._play(speech, sound, pieces.at)
        was_interrupted = self._speaking is not speech
        if not was_interrupted:
            self._speaking = None
        return Spoken(pieces.heard_ms, was_interrupted, pieces.gap_ms)

    def hold(self) -> None:
        """Be silent within one frame, but ready to go on."""
        self._may_speak.clear()
        self._silence()

    def go_on(self) -> None:
        """Speak on from the very frame at which `hold` stopped."""
        self._may_speak.set()

    def stop(self) -> None:
        """Be silent within one frame, and forget what was being said."""
        self._speaking = None
        self._may_speak.set()
        self._silence()

    @property
    def heard_ms(self) -> float:
        """How much of the newest speech was heard, up to the last piece that has ended."""
        return self._pieces.heard_ms if self._pieces else 0.0

    def close(self) -> None:
        """Leave nothing in tmpfs."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _silence(self) -> None:
        if self._is_playing:
            self._silenced_ms = min(self._silenced_ms, now_ms())
            self._agi.interrupt()

    async def _play(self, speech: Speech, sound: bytes, at: int) -> int:
        """Play a piece; returns how many bytes of it were heard."""
        if speech.file:
            return await self._stream(speech, speech.file, sound, at)
        file = self._folder / f"{next(self._numbers)}{speech.band.ending}"
        file.write_bytes(sound)
        try:
            return await self._stream(speech, file, sound, 0)
        finally:
            file.unlink(missing_ok=True)

    async def _stream(self, speech: Speech, file: Path, sound: bytes, at: int) -> int:
        began_ms, self._silenced_ms = now_ms(), math.inf
        self._on_sound(speech.text, sound)
        self._is_playing = True
        try:
            lasts_s = len(sound) / speech.band.bytes_per_ms / 1000
            reply = await self._agi.stream(str(file.with_suffix("")), lasts_s, at // 2)
        finally:
            self._is_playing = False
        if reply is None:
            self._on_cut()
            # Asterisk may have been late to obey, but it sends nothing meanwhile.
            played_ms = min(self._silenced_ms, now_ms()) - began_ms - STARTS_WITHIN_MS
            frames = max(0, int(played_ms // FRAME_MS) + 1)
            return min(len(sound), frames * speech.band.frame)
        if reply.result < 0:
            raise AgiGoneError("hung up while a file played")
        if reply.result > 0:
            # A key stops a file whatever it means; unless it was for somebody, the speech goes on at that sample.
            self._on_cut()
            return max(0, min(len(sound), 2 * (reply.endpos or 0) - at))
        return len(sound)
