"""G.711 against the values that the recommendation's tables give."""

from typing import Any

import numpy as np
import pytest

from voicectl_runtime.caller.g711 import BY_PAYLOAD_TYPE

MICRO_LAW, A_LAW = BY_PAYLOAD_TYPE[0], BY_PAYLOAD_TYPE[8]


@pytest.mark.parametrize(
    ("law", "code", "sample"),
    [
        (MICRO_LAW, 0xFF, 0),
        (MICRO_LAW, 0x80, 32124),
        (MICRO_LAW, 0x00, -32124),
        (MICRO_LAW, 0xFE, 8),
        (MICRO_LAW, 0xF0, 120),
        (MICRO_LAW, 0x8F, 16764),
        (A_LAW, 0xD5, 8),
        (A_LAW, 0x55, -8),
        (A_LAW, 0xAA, 32256),
        (A_LAW, 0x2A, -32256),
        (A_LAW, 0xC5, 264),
    ],
)
def test_known_codes(law: Any, code: Any, sample: Any) -> None:
    """Silence, full scale and points between."""
    assert law.decode(bytes([code]))[0] == sample


@pytest.mark.parametrize("law", [MICRO_LAW, A_LAW])
def test_every_code_survives_the_round_trip(law: Any) -> None:
    """Decoding and encoding again changes no sample (micro-law has two zeros)."""
    samples = law.decode(bytes(range(256)))

    assert np.array_equal(law.decode(law.encode(samples)), samples)


@pytest.mark.parametrize("law", [MICRO_LAW, A_LAW])
def test_every_sample_goes_to_a_neighbouring_code(law: Any) -> None:
    """No sample is further off than half the widest step of its segment (a 32nd of its size), clipping apart."""
    samples = np.arange(-32_000, 32_001, dtype=np.int16)
    error = np.abs(law.decode(law.encode(samples)).astype(int) - samples)

    assert (error <= np.abs(samples.astype(int)) / 32 + 9).all()
