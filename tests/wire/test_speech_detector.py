"""The speech detector with its real weights: speech is heard at once, and ten minutes of anything else are none."""

import asyncio
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from voicectl_runtime.caller.g711 import BY_PAYLOAD_TYPE
from voicectl_runtime.onnx_session import onnx_session
from voicectl_runtime.orchestrator.silero import Silero
from voicectl_runtime.orchestrator.turn import SPEECH_BEGINS, SPEECH_GOES_ON, WINDOW_MS
from voicectl_runtime.orchestrator.vad import CONTEXT, LOOKED_AT, RATE_HZ, WINDOW, SpeechDetector

pytestmark = pytest.mark.wire

MINUTES = 10
QUESTION = "what are your opening hours on saturday"
Samples = NDArray[np.float64]


@pytest.fixture(scope="module")
def detector(models_dir: Path) -> SpeechDetector:
    """The model of every profile."""
    return SpeechDetector(models_dir / "silero-vad-v6" / "silero_vad.onnx", gathered_s=0)


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """A synthetic caller, full scale being 1."""
    file, narrow = tmp_path_factory.mktemp("flite") / "said.wav", "narrow.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", QUESTION, "-o", str(file)], check=True)
    subprocess.run(["sox", str(file), "-r", "8000", "-b", "16", str(file.with_name(narrow))], check=True)
    with wave.open(str(file.with_name(narrow))) as sound:
        said = np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32768
    loud = np.flatnonzero(np.abs(said) > 0.02)
    return said[loud[0] : loud[-1]]


def noise(seconds: float, dbfs: float) -> Samples:
    return np.random.default_rng(1).normal(0, 10 ** (dbfs / 20), int(seconds * RATE_HZ))


def music(seconds: float) -> Samples:
    """Chords of five partials that are struck and fade, a hundred a minute."""
    chance, length = np.random.default_rng(1), int(seconds * RATE_HZ)
    time, beat = np.arange(1.2 * RATE_HZ) / RATE_HZ, int(0.6 * RATE_HZ)
    played = np.zeros(length + len(time))
    for at in range(0, length, beat):
        for key in chance.integers(48, 72, 3):
            pitch_hz = 440 * 2 ** ((key - 69) / 12)
            partials = [np.sin(2 * np.pi * pitch_hz * n * time) / n for n in range(1, 6) if pitch_hz * n < 3600]
            played[at : at + len(time)] += 0.07 * np.sum(partials, axis=0) * np.exp(-2 * time)
    return played[:length]


async def voiced(detector: SpeechDetector, *lines: Samples) -> list[NDArray[np.bool_]]:
    """Which windows of each line are speech, as the turn has it, all lines heard side by side over G.711."""
    heard: list[list[float]] = [[] for _ in lines]
    streams = [detector.stream(_into(of)) for of in heard]
    law = BY_PAYLOAD_TYPE[0]
    wire = [law.decode(law.encode((line * 32767).clip(-32768, 32767).astype(np.int16))).tobytes() for line in lines]
    for at in range(0, max(map(len, wire)), 1 << 16):
        for stream, line in zip(streams, wire, strict=True):
            stream.feed(line[at : at + (1 << 16)], 0.0)
        await asyncio.sleep(0)
    for stream in streams:
        stream.close()
    return [_with_hysteresis(probabilities) for probabilities in heard]


def _into(heard: list[float]) -> Callable[[float, float], None]:
    return lambda probability, _: heard.append(probability)


def _with_hysteresis(probabilities: list[float]) -> NDArray[np.bool_]:
    speaks, found = False, []
    for probability in probabilities:
        speaks = probability >= (SPEECH_GOES_ON if speaks else SPEECH_BEGINS)
        found.append(speaks)
    return np.array(found)


async def test_ten_minutes_of_anything_else_are_no_speech(detector: SpeechDetector) -> None:
    """Silence, a line's hiss at three levels, and hum never; music so seldom that the recogniser may judge."""
    seconds = MINUTES * 60
    time = np.arange(seconds * RATE_HZ) / RATE_HZ
    hum = 0.05 * np.sin(2 * np.pi * 50 * time) + 0.02 * np.sin(2 * np.pi * 150 * time)
    hisses = [noise(seconds, dbfs) for dbfs in (-60, -40, -25)]
    heard = await voiced(detector, np.zeros(len(time)), *hisses, hum, music(seconds))

    assert [int(windows.sum()) for windows in heard[:-1]] == [0] * 5
    assert heard[-1].mean() < 1 / 300


@pytest.mark.parametrize("dbfs", [-120, -60, -40])
async def test_speech_is_heard_at_once(detector: SpeechDetector, question: Samples, dbfs: float) -> None:
    """After half a minute of a dead, a still or a hissing line, from its first word to its last."""
    lead = noise(0.96 * WINDOW_MS, dbfs)
    (windows,) = await voiced(detector, np.concatenate((lead, question, np.zeros(RATE_HZ))))
    before, said = np.split(windows, [len(lead) // (8 * WINDOW_MS)])
    onset, end = np.flatnonzero(said)[[0, -1]] * WINDOW_MS

    assert not before.any()
    assert onset <= 2 * WINDOW_MS
    assert abs(end - len(question) / 8) <= 4 * WINDOW_MS


def test_the_network_as_its_makers_run_it(models_dir: Path, question: Samples) -> None:
    """Our own products give what ONNX Runtime makes of the same file, over a whole sentence and for each of a batch."""
    file = models_dir / "silero-vad-v6" / "silero_vad.onnx"
    ours, theirs = Silero(file), onnx_session(file)
    line = np.concatenate((np.zeros(CONTEXT), question)).astype(np.float32)
    state = their_state = np.zeros((2, 3, 128), np.float32)
    heard = []
    for at in range(0, len(line) - LOOKED_AT, WINDOW):
        samples = line[at : at + LOOKED_AT] * np.array([[1], [0.1], [-0.01]], np.float32)
        found, state = ours.look(samples, state)
        given = {"input": samples, "state": their_state, "sr": np.array(RATE_HZ)}
        their_found, their_state = theirs.run(None, given)
        heard.append(found[0])

        assert found == pytest.approx(their_found[:, 0], abs=1e-4)
        assert np.abs(state - their_state).max() < 1e-3
    assert max(heard) > SPEECH_BEGINS


async def test_in_batches_as_alone(detector: SpeechDetector, question: Samples) -> None:
    """Calls at different points of their talk, looked at together, are each heard as if there were no other."""
    lines = [np.concatenate((noise(0.1 * n, -50), question)) for n in range(8)]
    together = await voiced(detector, *lines)
    alone = [(await voiced(detector, line))[0] for line in lines]

    assert all((one == other).all() for one, other in zip(together, alone, strict=True))
