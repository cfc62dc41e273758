"""Tells the agent's own voice, as it comes back on a caller's line, from the caller's.

Two measures decide. A window that is louder than anything the line has returned so far is the caller, and so is one
that does not follow what was played, at any delay. A caller who speaks over the echo is found by either.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from voicectl_runtime.orchestrator.ears import BYTES_PER_MS, now_ms

COMPARED_MS: Final = 64
"""Of the caller's line; in less, any two voices resemble each other at some delay."""
LONGEST_DELAY_MS: Final = 400
"""A network's way there and back, the telephone's buffer, and a room."""
REACH_MS: Final = LONGEST_DELAY_MS + COMPARED_MS
ALIKE: Final = 0.6
"""Squared correlation. Measured on flite's voices: of an echo through a room 99 of 100 windows reach it, of another
voice at the best of all delays one in twelve; and a caller over an echo is mostly louder than that."""
FIRST_RETURN: Final = 0.25
"""Energy that a line is believed to return before anything is known of it: a telephone's hybrid gives back less."""
FORGETTING: Final = 0.95
"""A window; 7 dB a second, so that an echo is remembered over a pause, and a clean line known after a sentence."""
LOUDER: Final = 4.0
FAINTER: Final = 0.01
"""Beside the echo that a line is known to return: the end of a sound in the room, which is like nothing any more."""
QUIET: Final = (200 / 32768) ** 2
"""Energy below which nothing that was played could be heard back."""

_SAMPLES_PER_MS: Final = BYTES_PER_MS // 2
_BLOCK_MS: Final = 32
_BLOCK: Final = _BLOCK_MS * _SAMPLES_PER_MS

Samples = NDArray[np.float32]


class _Piece:
    def __init__(self, began_ms: float, sound: bytes) -> None:
        self.began_ms, self.sound = began_ms, sound
        self.ended_ms = began_ms + len(sound) / BYTES_PER_MS
        # Once for each piece, since every window of the caller's asks for it.
        blocks = np.frombuffer(sound.ljust(-(-len(sound) // 2 // _BLOCK) * 2 * _BLOCK, b"\0"), "<i2")
        loudness = np.square(blocks / np.float32(32768), dtype=np.float32).reshape(-1, _BLOCK).mean(axis=1)
        self._energies: list[float] = loudness.tolist()

    def loudest(self, from_ms: float, until_ms: float) -> float:
        """The largest energy of a block between two moments."""
        first, last = int((from_ms - self.began_ms) // _BLOCK_MS), int((until_ms - self.began_ms) // _BLOCK_MS)
        return max(self._energies[max(0, first) : max(0, last + 1)], default=0.0)


class Echo:
    """One call's line."""

    def __init__(self) -> None:
        self._played: list[_Piece] = []
        self._returned = FIRST_RETURN
        """The largest part of the played energy that has come back lately."""

    def plays(self, sound: bytes) -> None:
        """Sound that begins to play now, or right after what already plays."""
        at_ms = now_ms()
        self._played = [piece for piece in self._played if piece.ended_ms > at_ms - 2 * REACH_MS]
        # Pieces are played back to back: what our own clock makes of that would tear them apart.
        if self._played and abs(at_ms - self._played[-1].ended_ms) < COMPARED_MS / 2:
            at_ms = self._played[-1].ended_ms
        self._played.append(_Piece(at_ms, sound))

    def was_cut(self) -> None:
        """The newest sound ended now."""
        if self._played:
            last = self._played.pop()
            heard = max(0, int(now_ms() - last.began_ms)) * BYTES_PER_MS
            self._played.append(_Piece(last.began_ms, last.sound[:heard]))

    def may_be_heard(self, at_ms: float) -> bool:
        """Whether anything was played lately: what most windows need to know."""
        return bool(self._played) and at_ms - self._played[-1].ended_ms <= REACH_MS

    def is_heard(self, pcm: bytes, at_ms: float, *, voiced: bool) -> bool:
        """Whether the voice in the newest window of the caller's line, the last 32 ms of `pcm`, is the agent's alone.

        `pcm` is COMPARED_MS of sound that ended at `at_ms`; `voiced`, whether somebody speaks in that window at all.
        """
        loudest = self._loudest(at_ms)
        if loudest < QUIET:
            return False
        heard = np.frombuffer(pcm, "<i2").astype(np.float32)
        newest = heard[-_BLOCK:]
        part = float(newest @ newest) / (_BLOCK * 32768**2) / loudest
        if voiced and self._is_caller(part, heard / np.float32(32768), at_ms):
            return False
        self._returned = max(part, self._returned * FORGETTING)
        return voiced

    def _loudest(self, at_ms: float) -> float:
        """Of all that may come back at a moment."""
        loudest = 0.0
        for piece in reversed(self._played):
            if piece.ended_ms < at_ms - REACH_MS:
                break
            loudest = max(loudest, piece.loudest(at_ms - REACH_MS, at_ms))
        return loudest

    def _is_caller(self, part: float, heard: Samples, at_ms: float) -> bool:
        if part > LOUDER * self._returned:
            return True
        return part > FAINTER * self._returned and not follows(heard, self._reference(at_ms))

    def _reference(self, at_ms: float) -> Samples:
        """What was played in the REACH_MS before a moment."""
        found = np.zeros(REACH_MS * _SAMPLES_PER_MS // _BLOCK * _BLOCK + _BLOCK, np.float32)
        first_ms = at_ms - len(found) / _SAMPLES_PER_MS
        for piece in self._played:
            at = round((piece.began_ms - first_ms) * _SAMPLES_PER_MS)
            begin, end = max(0, at), min(len(found), at + len(piece.sound) // 2)
            if begin < end:
                found[begin:end] = np.frombuffer(piece.sound, "<i2", end - begin, 2 * (begin - at))
        return found / np.float32(32768)


def follows(heard: Samples, reference: Samples) -> bool:
    """Whether `heard` is a fainter copy of some part of `reference`."""
    size = len(heard)
    spectrum = np.fft.rfft(reference) * np.conj(np.fft.rfft(heard, len(reference)))
    dots = np.fft.irfft(spectrum, len(reference))[: len(reference) - size + 1]
    sums = np.concatenate(([0.0], np.cumsum(np.square(reference, dtype=np.float64))))
    energies = np.maximum(sums[size:] - sums[:-size], size * QUIET / 100)
    alike = np.square(dots) / (energies * max(float(heard @ heard), 1e-9))
    return bool(alike.max() >= ALIKE)
