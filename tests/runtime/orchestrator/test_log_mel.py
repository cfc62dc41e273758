"""What Smart Turn looks at, against the library that Whisper's own pictures come from."""

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from voicectl_runtime.orchestrator.endpointing.log_mel import BANDS, RATE_HZ, SECONDS, Audio, log_mel


def voice(seconds: float) -> Audio:
    return np.random.default_rng(1).normal(0, 0.1, int(seconds * RATE_HZ)).astype(np.float32)


def test_it_is_whispers_picture() -> None:
    """Of the loudness that the model was trained on: no mean, a variance of one."""
    audio = voice(SECONDS)
    even = (audio - audio.mean()) / audio.std()
    library = FeatureExtractor(feature_size=BANDS, chunk_length=SECONDS)(even, padding=0)

    assert np.abs(log_mel(audio) - library[:, : SECONDS * 100]).max() < 1e-4


@pytest.mark.parametrize("seconds", [0.1, 3, SECONDS, 20])
def test_it_has_one_size(seconds: float) -> None:
    """Short or long, a voice fills the same picture."""
    picture = log_mel(voice(seconds))

    assert picture.shape == (BANDS, SECONDS * 100)
    assert picture.dtype == np.float32
    assert np.isfinite(picture).all()


def test_silence_stands_before_a_short_voice_and_the_end_of_a_long_one_counts() -> None:
    """The model judges how a voice ends."""
    short, long = voice(2), voice(20)

    assert log_mel(short)[:, :500].max() < log_mel(short)[:, -100:].min()
    assert np.array_equal(log_mel(long), log_mel(long[-SECONDS * RATE_HZ :]))
