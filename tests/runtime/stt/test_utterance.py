"""How long a window an utterance is heard in, and where a long recording is cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.stt.utterance import FULL_WINDOW_S, RATE_HZ, utterances


@pytest.mark.parametrize(("seconds", "window_s"), [(0.1, 10), (9, 10), (9.5, 12), (12.5, 14), (29.5, 30)])
def test_a_short_window_follows_the_speech(seconds: float, window_s: int) -> None:
    """The shortest, or a second more than the speech."""
    (only,) = utterances(np.zeros(int(seconds * RATE_HZ), np.float32), 10)
    assert only.window_s == window_s


def test_a_full_window_is_thirty_seconds() -> None:
    """That is what Whisper was trained on."""
    (only,) = utterances(np.zeros(RATE_HZ, np.float32), FULL_WINDOW_S)
    assert only.window_s == FULL_WINDOW_S


@given(st.integers(0, 100 * RATE_HZ))
def test_nothing_is_lost_and_everything_fits(samples: int) -> None:
    """The pieces together are the recording, and each has a second to spare in its window or a full one."""
    audio = np.arange(samples, dtype=np.float32)
    pieces = utterances(audio, 10)
    assert np.array_equal(np.concatenate([each.audio for each in pieces]), audio)
    assert all(each.seconds <= each.window_s <= FULL_WINDOW_S for each in pieces)


def test_a_long_recording_is_cut_in_its_pause() -> None:
    """Words are not cut in two where there is a silence to cut in."""
    audio = np.ones(40 * RATE_HZ, np.float32)
    audio[25 * RATE_HZ : 26 * RATE_HZ] = 0
    first, _ = utterances(audio, FULL_WINDOW_S)
    assert 25 < first.seconds < 26
