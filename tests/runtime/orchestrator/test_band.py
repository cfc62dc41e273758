"""Wideband at the edges, narrowband within."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from voicectl_runtime.orchestrator.band import NARROW, WIDE, Halved, band_of


def tone(hz: float, length: int = 16000) -> NDArray[np.int16]:
    wave: NDArray[np.int16] = (np.sin(np.arange(length) * 2 * np.pi * hz / WIDE.rate_hz) * 8000).astype("<i2")
    return wave


def loudness(pcm: bytes) -> float:
    return float(np.sqrt(np.mean(np.square(np.frombuffer(pcm, "<i2")[200:].astype(float)))))


@pytest.mark.parametrize("hz", [300, 1000, 3000])
def test_what_a_telephone_carries_stays(hz: int) -> None:
    """Within half a decibel."""
    assert loudness(Halved().take(tone(hz).tobytes())) == pytest.approx(8000 / np.sqrt(2), rel=0.06)


@pytest.mark.parametrize("hz", [5200, 6500, 7800])
def test_what_it_does_not_is_gone(hz: int) -> None:
    """Forty decibels down: a hiss must not come back as a voice."""
    assert loudness(Halved().take(tone(hz).tobytes())) < 80


@given(st.lists(st.integers(0, 700), max_size=20))
def test_it_does_not_matter_how_the_network_cuts_it(lengths: list[int]) -> None:
    """Packets of any size are halved as one sound, none of it held back for longer than a packet."""
    sound = np.random.default_rng(7).integers(-32768, 32768, sum(lengths)).astype("<i2")
    halved, made, at = Halved(), b"", 0
    for length in lengths:
        made += halved.take(sound[at : at + length].tobytes())
        at += length

    assert made == Halved().take(sound.tobytes())
    assert len(made) // 2 == (at + 1) // 2


def test_only_the_dialplan_s_own_word_means_wideband() -> None:
    """An older dialplan says nothing."""
    assert band_of("") is NARROW
    assert band_of("slin16") is WIDE


@pytest.mark.parametrize("audio_format", ["slin", "SLIN16", "slin16 ", "slin192", "-"])
def test_sound_that_is_not_known(audio_format: str) -> None:
    """Is not taken for a telephone's."""
    with pytest.raises(ValueError, match="no sound that is known"):
        band_of(audio_format)


def test_a_frame_is_a_packet() -> None:
    """Of 20 ms."""
    assert (NARROW.bytes_per_ms, NARROW.frame, WIDE.bytes_per_ms, WIDE.frame) == (16, 320, 32, 640)
