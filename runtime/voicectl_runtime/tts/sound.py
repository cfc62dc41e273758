"""From a voice's sound to a telephone's: other rate, no silence in front, 16 bits."""

from typing import Final

import numpy as np
import soxr

from voicectl_runtime.tts.voice import Sound

BYTES_PER_SAMPLE: Final = 2
KEPT_MS: Final = 10
"""Silence that stays before the first sound, so that its onset is not cut."""

AUDIBLE: Final = 0.006
"""Of full scale (-44 dB): below it a voice is not heard on a telephone."""
BESIDE_LOUDEST: Final = 0.02
"""34 dB below the loudest sample that has come: what a loud voice has in front of its first sound is its own noise."""


class Converter:
    """One utterance's sound, piece by piece, without a seam between the pieces."""

    def __init__(self, voice_hz: int, asked_hz: int) -> None:
        self._voice_hz = voice_hz
        self._stream = soxr.ResampleStream(voice_hz, asked_hz, 1, dtype="float32") if voice_hz != asked_hz else None
        self._has_begun = False

    def convert(self, sound: Sound) -> bytes:
        """Signed 16-bit little-endian samples."""
        if not self._has_begun:
            sound = self._without_silence_before(sound)
            self._has_begun = bool(len(sound))
        return _pcm(self._stream.resample_chunk(sound) if self._stream else sound)

    def rest(self) -> bytes:
        """What the filter still holds after the last piece."""
        return _pcm(self._stream.resample_chunk(np.zeros(0, np.float32), last=True)) if self._stream else b""

    def _without_silence_before(self, sound: Sound) -> Sound:
        level = np.abs(sound)
        audible = np.flatnonzero(level > max(AUDIBLE, BESIDE_LOUDEST * level.max(initial=0.0)))
        if not len(audible):
            return sound[:0]
        return sound[max(0, int(audible[0]) - self._voice_hz * KEPT_MS // 1000) :]


def _pcm(sound: Sound) -> bytes:
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
