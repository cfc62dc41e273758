"""Voice is told from silence, clicks and hum."""

from typing import Any

import numpy as np
import pytest

from voicectl_runtime.caller.g711 import BY_PAYLOAD_TYPE, Pcm
from voicectl_runtime.caller.voice import QUIETEST, AgentVoice, loudness, voiced_frames

SILENCE = np.zeros(160, dtype=np.int16)


def tone(rms: float) -> Pcm:
    wave: Pcm = (np.sin(np.arange(160) * 2 * np.pi * 400 / 8000) * rms * np.sqrt(2)).astype(np.int16)
    return wave


def test_loudness_is_the_root_mean_square() -> None:
    """A tone has the loudness that it was made with."""
    assert loudness(tone(1000)) == pytest.approx(1000, rel=0.01)


@pytest.mark.parametrize("law", BY_PAYLOAD_TYPE.values())
def test_coded_silence_is_silence(law: Any) -> None:
    """Neither law's zero is heard as voice."""
    assert loudness(law.decode(law.encode(SILENCE))) < QUIETEST / 10


def test_room_of_a_recording_is_not_its_voice() -> None:
    """Noise 30 dB below the voice does not count, though it is above the fixed threshold."""
    assert voiced_frames([tone(250), tone(8000), tone(250)]) == (False, True, False)


def heard(*packets: tuple[float, bool]) -> list[tuple[float, float]]:
    voice = AgentVoice()
    for at_s, voiced in packets:
        voice.heard(at_s, voiced=voiced)
    return [(spurt.started_s, spurt.ended_s) for spurt in voice.spurts]


def run(start_s: float, count: int, *, voiced: bool = True) -> list[tuple[float, bool]]:
    return [(round(start_s + 0.02 * number, 3), voiced) for number in range(count)]


def test_onset_is_the_first_of_three_voiced_packets() -> None:
    """The time is that of the first packet, not of the one that made it certain."""
    assert heard(*run(0.0, 5, voiced=False), *run(0.1, 3)) == [(0.1, 0.14)]


def test_click_is_no_onset() -> None:
    """Two loud packets in silence are not speech."""
    assert heard(*run(0.0, 2), *run(0.04, 50, voiced=False)) == []


def test_packets_far_apart_do_not_make_an_onset() -> None:
    """The agent sends nothing while it is silent: three clicks a second apart are three clicks."""
    assert heard((0.0, True), (1.0, True), (2.0, True)) == []


def test_pause_between_words_does_not_end_a_spurt() -> None:
    """200 ms of silence belong to the speech around them; half a second does not."""
    speech = [*run(0.0, 10), *run(0.38, 10), *run(1.2, 10)]

    assert heard(*speech) == [(0.0, 0.56), (1.2, 1.38)]
