"""Ten minutes of silence, of music and of line noise give no turn, with the real speech detector and recogniser."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from voicectl_runtime.orchestrator.ears import BYTES_PER_MS, LOOK_BACK_MS
from voicectl_runtime.orchestrator.engines.stt import Words
from voicectl_runtime.orchestrator.turn import SpeechPaused, Turn, TurnCommitted
from voicectl_runtime.orchestrator.vad import SpeechDetector
from voicectl_runtime.settings import Turns
from voicectl_runtime.stt.audio import from_pcm
from voicectl_runtime.stt.recogniser import Recogniser
from voicectl_runtime.stt.utterance import SHORT_WINDOW_S, utterances

pytestmark = pytest.mark.wire

POLICY: Final = Turns(
    Path("silero_vad.onnx"),
    stop_ms=200,
    patience_ms=480,
    barge_in_ms=60,
    silence_ms=10**9,
    longest_turn_ms=30_000,
    endpointing="adaptive",
    turn_model_file=None,
)
RATE_HZ: Final = 8000
MINUTES: Final = 10
MOST_MISTAKES: Final = 20
"""Of the speech detector, in ten minutes; the recogniser is there to put them right."""
SCALE_HZ: Final = (262, 294, 330, 349, 392, 440, 494, 523)

Sound = NDArray[np.float64]


def a_dead_line(_random: np.random.Generator) -> Sound:
    """Not a sample."""
    return np.zeros(60 * RATE_HZ)


def a_bad_line(random: np.random.Generator) -> Sound:
    """Hiss, mains hum, and two clicks a second."""
    time = np.arange(60 * RATE_HZ) / RATE_HZ
    hum = 200 * np.sin(2 * np.pi * 50 * time) + 80 * np.sin(2 * np.pi * 150 * time)
    clicks = np.zeros(len(time))
    for at in random.integers(0, len(time) - 40, 120):
        clicks[at : at + 40] = random.normal(0, 6000, 40)
    return np.asarray(hum + clicks + random.normal(0, 250, len(time)))


def music_on_hold(random: np.random.Generator) -> Sound:
    """Two chords a second with a bass and a drum."""
    return np.concatenate([_chord(random, random.choice(SCALE_HZ), has_drum=beat % 2 == 0) for beat in range(120)])


def _chord(random: np.random.Generator, root_hz: int, *, has_drum: bool) -> Sound:
    time = np.arange(RATE_HZ // 2) / RATE_HZ
    partials = [(root_hz * note * n, n**-1.5) for note in (1, 1.26, 1.5) for n in (1, 2, 3, 4)]
    strings = sum(size * np.sin(2 * np.pi * hertz * time) for hertz, size in partials)
    fading = np.minimum(1, time / 0.02) * np.exp(-3 * time)
    drum = random.normal(0, 1, len(time)) * np.exp(-40 * time) * has_drum
    bass = np.sin(2 * np.pi * root_hz / 4 * time)
    return np.asarray(3000 * (0.5 * strings * fading + 0.8 * drum + 0.7 * bass))


@pytest.mark.parametrize("sound", [a_dead_line, a_bad_line, music_on_hold])
async def test_no_turn(sound: Callable[[np.random.Generator], Sound], models_dir: Path) -> None:
    """Hardly anything is taken for speech, and the recogniser finds no words in that."""
    random, pauses, turn = np.random.default_rng(7), list[SpeechPaused](), Turn(POLICY, 0.0)

    def heard(probability: float, at_ms: float) -> None:
        for event in turn.heard(probability, at_ms, POLICY.patience_ms):
            if isinstance(event, SpeechPaused):
                pauses.append(event)
            elif isinstance(event, TurnCommitted):
                turn.nothing_to_answer()

    detector, recorded = SpeechDetector(models_dir / "silero-vad-v6" / "silero_vad.onnx"), b""
    stream = detector.stream(heard)
    for minute in range(MINUTES):
        pcm = np.clip(sound(random), -32768, 32767).astype("<i2").tobytes()
        stream.feed(pcm, (minute + 1) * 60_000)
        recorded += pcm
        await asyncio.sleep(0)
    stream.close()

    assert len(pauses) <= MOST_MISTAKES
    assert [words for pause in pauses if (words := understood(models_dir, recorded, pause))] == []


def understood(models_dir: Path, recorded: bytes, pause: SpeechPaused) -> str:
    """What the recogniser makes of it, as the orchestrator would ask."""
    since, until = int(pause.began_ms - LOOK_BACK_MS) * BYTES_PER_MS, int(pause.stopped_ms + 32) * BYTES_PER_MS
    stt = Recogniser(models_dir / "whisper-tiny.en", compute_type="int8", device="cpu", threads=2)
    audio = from_pcm(recorded[since:until], RATE_HZ)
    (found,) = stt.recognise(utterances(audio, SHORT_WINDOW_S), stt.prompt("en"))
    words = Words(found.text, found.no_speech_prob, found.avg_logprob)
    return "" if words.are_imagined else words.text
