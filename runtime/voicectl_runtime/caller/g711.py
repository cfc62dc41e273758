"""G.711: the two codecs of the telephone network, as tables (ITU-T G.711)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
_MICRO_LAW_BIAS: Final = 132
_MICRO_LAW_CLIP: Final = 32_635


@dataclass(frozen=True)
class Codec:
    """One law: bytes on the wire to 16-bit samples, and back."""

    samples: Pcm
    """The sample for each of 256 bytes."""
    codes: NDArray[np.uint8]
    """The byte for each of 65,536 samples, indexed by the sample read as unsigned."""

    def decode(self, payload: bytes) -> Pcm:
        """What a packet sounds like."""
        return self.samples[np.frombuffer(payload, dtype=np.uint8)]

    def encode(self, pcm: Pcm) -> bytes:
        """A packet that sounds like this."""
        return self.codes[pcm.view(np.uint16)].tobytes()


def _micro_law() -> Codec:
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4 & 7).astype(np.int32), (code & 15).astype(np.int32)
    magnitude = ((mantissa << 3) + _MICRO_LAW_BIAS << exponent) - _MICRO_LAW_BIAS
    samples = np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)

    sample = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
    biased = np.minimum(np.abs(sample), _MICRO_LAW_CLIP) + _MICRO_LAW_BIAS
    exponent = np.log2(biased).astype(np.int32) - 7
    encoded = np.where(sample < 0, 0x80, 0) | exponent << 4 | (biased >> exponent + 3) & 15
    return Codec(samples, ~encoded.astype(np.uint8))


def _a_law() -> Codec:
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent, mantissa = (code >> 4 & 7).astype(np.int32), (code & 15).astype(np.int32)
    linear = (mantissa << 4) + 8
    magnitude = np.where(exponent == 0, linear, linear + 256 << np.maximum(exponent - 1, 0))
    samples = np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)

    sample = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
    magnitude = np.where(sample < 0, ~sample, sample)
    exponent = np.maximum(np.log2(np.maximum(magnitude, 1)).astype(np.int32) - 7, 0)
    mantissa = magnitude >> np.where(exponent == 0, 4, exponent + 3) & 15
    encoded = (exponent << 4 | mantissa) ^ np.where(sample < 0, 0x55, 0xD5)
    return Codec(samples, encoded.astype(np.uint8))


BY_PAYLOAD_TYPE: Final[Mapping[int, Codec]] = {0: _micro_law(), 8: _a_law()}
