"""An idle line says nothing, whatever the model hears in it."""

import numpy as np
import pytest

from voicectl_runtime.stt.silence import is_phantom, is_silent
from voicectl_runtime.stt.utterance import RATE_HZ, Audio


def hiss(level_db: float, seconds: float = 2) -> Audio:
    """White noise of a level relative to full scale."""
    noise = np.random.default_rng(7).normal(0, 10 ** (level_db / 20), int(seconds * RATE_HZ))
    return noise.astype(np.float32)


def test_nothing_and_line_noise_are_silent() -> None:
    """Zeros, a sample or two, and the hiss of a telephone line."""
    assert is_silent(np.zeros(RATE_HZ, np.float32))
    assert is_silent(np.ones(10, np.float32))
    assert is_silent(hiss(-65))


def test_a_short_quiet_word_is_not_silent() -> None:
    """A tenth of a second at -40 dB within two seconds of nothing."""
    audio = np.zeros(2 * RATE_HZ, np.float32)
    audio[RATE_HZ : RATE_HZ + RATE_HZ // 10] = hiss(-40, 0.1)
    assert not is_silent(audio)


@pytest.mark.parametrize(
    ("text", "no_speech_prob", "avg_logprob"),
    [
        ("", 0.0, -0.1),
        ("...", 0.0, -0.1),
        ("Anything at all.", 0.95, -1.2),
        ("I'm...", 0.42, -2.4),
        ("Thank you.", 0.5, -0.4),
        ("you", 0.3, -0.9),
        ("[BLANK_AUDIO]", 0.9, -0.2),
    ],
)
def test_phantoms_are_not_passed_on(text: str, no_speech_prob: float, avg_logprob: float) -> None:
    """What Whisper says when nobody spoke."""
    assert is_phantom(text, no_speech_prob, avg_logprob)


@pytest.mark.parametrize(
    ("text", "no_speech_prob", "avg_logprob"),
    [
        ("Thank you.", 0.05, -0.3),
        ("Yes.", 0.3, -0.5),
        ("What are your opening hours?", 0.7, -0.3),
        ("Wann haben Sie auf?", 0.1, -1.5),
    ],
)
def test_words_that_were_said_are_passed_on(text: str, no_speech_prob: float, avg_logprob: float) -> None:
    """A caller may say thank you, and may be hard to understand."""
    assert not is_phantom(text, no_speech_prob, avg_logprob)
