"""A voice's sound as a telephone plays it."""

import numpy as np
import pytest

from voicectl_runtime.tts.sound import KEPT_MS, Converter
from voicectl_runtime.tts.voice import Sound


def tone(seconds: float, rate_hz: int = 22050) -> Sound:
    """440 Hz at half volume."""
    return (np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate_hz)) / rate_hz) * 0.5).astype(np.float32)


def samples(pcm: bytes) -> np.ndarray:
    """What a telephone would play."""
    return np.frombuffer(pcm, "<i2").astype(float)


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 24000])
def test_two_pieces_sound_as_one(rate_hz: int) -> None:
    """No click where they meet: the tone's spectrum stays clean and its length is right."""
    converter = Converter(22050, rate_hz)
    whole = tone(2)
    played = samples(converter.convert(whole[:20000]) + converter.convert(whole[20000:]) + converter.rest())
    assert abs(len(played) - 2 * rate_hz) < rate_hz // 100
    middle = played[rate_hz // 10 : -rate_hz // 10]
    assert np.abs(np.diff(middle)).max() < 16384 * 2 * np.pi * 440 / rate_hz * 1.05


def test_leading_silence_is_cut_to_a_hundredth_of_a_second() -> None:
    """The caller hears the voice at once; silence within the utterance stays."""
    quiet = np.zeros(22050, np.float32)
    converter = Converter(22050, 8000)
    first = samples(converter.convert(np.concatenate([quiet, tone(0.5)])))
    audible = np.flatnonzero(np.abs(first) > 1000)[0] / 8
    assert KEPT_MS - 3 <= audible <= KEPT_MS + 3
    rest = samples(converter.convert(np.concatenate([quiet, tone(0.5)])) + converter.rest())
    assert len(first) + len(rest) == pytest.approx(8000 * (0.51 + 1.5), abs=160)


def test_a_loud_voices_own_noise_is_no_sound() -> None:
    """What counts as silence in front of a voice depends on how loud the voice is."""
    noise = np.random.default_rng(1).uniform(-0.009, 0.009, 8000).astype(np.float32)
    played = Converter(8000, 8000).convert(np.concatenate([noise, tone(0.5, 8000)]))

    assert len(played) <= 2 * (4000 + 8 * KEPT_MS)


def test_a_silent_first_piece_is_nothing_at_all() -> None:
    """And the next one still loses its leading silence."""
    converter = Converter(22050, 22050)
    assert converter.convert(np.zeros(5000, np.float32)) == b""
    assert len(converter.convert(np.concatenate([np.zeros(5000, np.float32), tone(0.1)]))) < 2 * 3000


def test_what_is_too_loud_is_clipped_not_wrapped() -> None:
    """A wrapped sample is a loud crack in the caller's ear."""
    played = samples(Converter(8000, 8000).convert(np.array([1.5, -1.5], np.float32)))
    assert played.tolist() == [32767, -32767]
