"""Cuts a speech into what is played next: the beginning at once, then what there is, and no click where it lacks."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from voicectl_runtime.orchestrator.ears import now_ms
from voicectl_runtime.orchestrator.speech import Speech

FIRST_FRAMES: Final = 3
"""The first piece is as short as a playback without a gap allows."""


class Pieces:
    """One speech on its way out; `at` is the byte that comes next."""

    def __init__(self, speech: Speech, buffer_ms: int) -> None:
        """`buffer_ms` is the longest piece, and what is waited for once the voice has been too slow."""
        self._speech = speech
        self._frame: Final = speech.band.frame
        """Also held back until more has come: where nothing more comes, it fades; sound that breaks off is a click."""
        self._most = buffer_ms * speech.band.bytes_per_ms // self._frame * self._frame
        self._is_dry = False
        self.at = 0
        self.gap_ms = 0.0
        """Silence within the speech, because its voice was slower than it is heard."""

    @property
    def heard_ms(self) -> float:
        """How much of the speech lies before `at`."""
        return self.at / self._speech.band.bytes_per_ms

    async def next(self) -> bytes:
        """The sound from `at` on; nothing when all of it was played. Whoever plays it moves `at`."""
        if self._lacks() and self.at and not self._is_dry:
            self._is_dry = True
            if fading := bytes(self._speech.sound[self.at :]):
                return faded(fading, np.linspace(1, 0, len(fading) // 2))
        if self._lacks():
            await self._wait()
        there = len(self._speech.sound) - self.at
        if not self._speech.has_ended:
            there = (there - self._frame) // self._frame * self._frame
        piece = bytes(self._speech.sound[self.at : self.at + min(there, self._most)])
        if self._is_dry and piece:
            self._is_dry = False
            return faded(piece, np.minimum(1, np.arange(len(piece) // 2) / (self._frame // 2)))
        return piece

    def _lacks(self) -> bool:
        return not self._speech.has_ended and len(self._speech.sound) - self.at < 2 * self._frame

    async def _wait(self) -> None:
        began_ms = now_ms()
        await self._speech.reach(self.at + (self._most if self.at else FIRST_FRAMES * self._frame) + self._frame)
        if self.at:
            self.gap_ms += now_ms() - began_ms


def faded(pcm: bytes, gain: NDArray[np.float64]) -> bytes:
    """The samples, each by its own gain."""
    samples: NDArray[np.float64] = np.frombuffer(pcm, "<i2") * gain
    return bytes(samples.astype("<i2").tobytes())
