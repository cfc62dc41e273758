"""A sound is known again by its samples and its window, and forgotten after a while."""

import numpy as np

from voicectl_runtime.stt.lately import MOST, Lately
from voicectl_runtime.stt.utterance import Encoded, Utterance


def heard(number: int, window_s: int = 10) -> Utterance:
    """An utterance that is known by its one sample."""
    return Utterance(np.array([number], np.float32), window_s)


def test_the_same_sound_is_known_again_and_took_no_time() -> None:
    """Another one, or another window, is not."""
    lately, states = Lately(), np.zeros((2, 3))
    lately.keep(Encoded(heard(1), states, 60.0))
    known = lately.encoded(heard(1))
    assert known is not None
    assert known.states is states
    assert known.took_ms == 0.0
    assert lately.encoded(heard(2)) is None
    assert lately.encoded(heard(1, 30)) is None


def test_the_oldest_is_forgotten() -> None:
    """The service does not grow with its calls."""
    lately = Lately()
    for number in range(MOST + 1):
        lately.keep(Encoded(heard(number), None, 0.0))
    assert lately.encoded(heard(0)) is None
    assert lately.encoded(heard(1)) is not None
    assert lately.encoded(heard(MOST)) is not None
