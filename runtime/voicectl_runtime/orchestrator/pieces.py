"""Cuts a speech into what is played next: the beginning at once, then what there is, and no click where it lacks."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from voicectl_runtime.orchestrator.ears import BYTES_PER_MS, now_ms
from voicectl_runtime.orchestrator.speech import Speech

FRAME: Final = 20 * BYTES_PER_MS
"""Asterisk sends this much in a packet."""
FIRST: Final = 3 * FRAME
"""The first piece is as short as a playback without a gap allows."""
KEPT: Final = FRAME
"""Held back until more has come: where nothing more comes, it fades, since sound that breaks off is a click."""


class Pieces:
    """One speech on its way out; `at` is the byte that comes next."""

    def __init__(self, speech: Speech, buffer_ms: int) -> None:
        """`buffer_ms` is the longest piece, and what is waited for once the voice has been too slow."""
        self._speech = speech
        self._most = buffer_ms * BYTES_PER_MS // FRAME * FRAME
        self._is_dry = False
        self.at = 0
        self.gap_ms = 0.0
        """Silence within the speech, because its voice was slower than it is heard."""

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
            there = (there - KEPT) // FRAME * FRAME
        piece = bytes(self._speech.sound[self.at : self.at + min(there, self._most)])
        if self._is_dry and piece:
            self._is_dry = False
            return faded(piece, np.minimum(1, np.arange(len(piece) // 2) / (KEPT // 2)))
        return piece

    def _lacks(self) -> bool:
        return not self._speech.has_ended and len(self._speech.sound) - self.at < FRAME + KEPT

    async def _wait(self) -> None:
        began_ms = now_ms()
        await self._speech.reach(self.at + (self._most if self.at else FIRST) + KEPT)
        if self.at:
            self.gap_ms += now_ms() - began_ms


def faded(pcm: bytes, gain: NDArray[np.float64]) -> bytes:
    """The samples, each by its own gain."""
    samples: NDArray[np.float64] = np.frombuffer(pcm, "<i2") * gain
    return bytes(samples.astype("<i2").tobytes())
