"""How much of a voice a call carries: a telephone's 8 kHz, or 16 kHz where caller and Asterisk have a codec for it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import soxr


@dataclass(frozen=True)
class Band:
    """Sound of 16 bits in one channel."""

    rate_hz: int
    ending: str
    """Of a file's name: Asterisk takes the rate from it, and must not find two under one name."""

    @property
    def bytes_per_ms(self) -> int:
        """How much there is of it."""
        return self.rate_hz // 500

    @property
    def frame(self) -> int:
        """The bytes that Asterisk sends in a packet: 20 ms."""
        return 20 * self.bytes_per_ms


NARROW: Final = Band(8000, ".sln")
WIDE: Final = Band(16000, "-wide.sln16")
BANDS: Final = (NARROW, WIDE)


def band_of(audio_format: str) -> Band:
    """What a call's sound is when the dialplan asks Asterisk for this format (`EAGI_AUDIO_FORMAT`), or for none.

    Raises:
        ValueError: one that this version does not know, and would hear as noise.
    """
    if audio_format not in {"", "slin16"}:
        raise ValueError(f"no sound that is known here: {audio_format!r}")
    return WIDE if audio_format else NARROW


_TAPS: Final = 31
_CENTRE: Final = _TAPS // 2
_SINC: Final = np.sinc((np.arange(0, _TAPS, 2) - _CENTRE) / 2) * np.kaiser(_TAPS, 5)[::2]
_BESIDE: Final = (_SINC / _SINC.sum() / 2).astype(np.float32)
"""Of a half-band filter every other tap is nothing, but the one in the middle."""


class Halved:
    """Wideband as narrowband, packet by packet and a steady millisecond late: soxr's streams hand on 60 ms at once."""

    def __init__(self) -> None:
        self._before = np.zeros(_TAPS - 1, np.float32)

    def take(self, pcm: bytes) -> bytes:
        """The next sound at half its rate."""
        samples = np.concatenate((self._before, np.frombuffer(pcm, "<i2")), dtype=np.float32)
        count = (len(samples) - _TAPS) // 2 + 1
        if count < 1:
            self._before = samples
            return b""
        self._before = samples[2 * count :]
        middle = samples[_CENTRE : _CENTRE + 2 * count : 2]
        halved = np.convolve(samples[: 2 * count + _TAPS - 1 : 2], _BESIDE, "valid") + middle / 2
        return bytes(np.clip(halved, -32768, 32767).astype("<i2").tobytes())


def narrowed(pcm: bytes) -> bytes:
    """A whole wideband sound as narrowband: who need not keep pace with a call keeps all that a telephone carries."""
    halved: bytes = soxr.resample(np.frombuffer(pcm, "<i2"), WIDE.rate_hz, NARROW.rate_hz).tobytes()
    return halved
