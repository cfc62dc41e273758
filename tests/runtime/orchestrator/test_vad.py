"""The speech detector with its real model, on real and on false speech."""

import asyncio
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import soxr
from faster_whisper.vad import SileroVADModel

from voicectl_runtime.orchestrator.vad import CONTEXT, REACH, WINDOW, SpeechDetector, _doubling

MODEL = Path(str(files("faster_whisper") / "assets" / "silero_vad_v6.onnx"))
WINDOW_MS = 32.0


@pytest.fixture(scope="module")
def detector() -> SpeechDetector:
    return SpeechDetector(MODEL)


async def probabilities(detector: SpeechDetector, pcm: bytes, frame: int = 320) -> list[tuple[float, float]]:
    heard: list[tuple[float, float]] = []
    stream = detector.stream(lambda probability, at_ms: heard.append((probability, at_ms)))
    for at in range(0, len(pcm), frame):
        stream.feed(pcm[at : at + frame], (at + frame) / 16)
        await asyncio.sleep(0)
    return heard


def tone_speech() -> bytes:
    """Syllables as a voice makes them: a buzz of 120 Hz through two formants, three times a second."""
    time = np.arange(16000) / 8000
    buzz = sum(np.sin(2 * np.pi * 120 * n * time) * np.exp(-(((120 * n - 600) / 400) ** 2)) for n in range(1, 20))
    buzz = buzz + 0.5 * sum(
        np.sin(2 * np.pi * 120 * n * time) * np.exp(-(((120 * n - 1200) / 300) ** 2)) for n in range(1, 28)
    )
    return bytes((4000 * buzz * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * time))).astype("<i2").tobytes())


async def test_it_hears_what_the_models_own_library_hears(detector: SpeechDetector) -> None:
    """Doubled on the way in and carried from window to window, the model says what it says of the whole at 16 kHz."""
    pcm = tone_speech()
    heard = [probability for probability, _ in await probabilities(detector, pcm)]
    twice = soxr.resample(np.frombuffer(pcm, "<i2").astype(np.float32) / 32768, 8000, 16000)
    library = SileroVADModel(str(MODEL))(np.pad(twice, (0, -len(twice) % 512))).ravel()[: len(heard)]

    assert max(library) > 0.4
    assert np.abs(np.array(heard) - library).mean() < 0.05


@pytest.mark.parametrize("loudness", [0, 50, 1000])
async def test_noise_is_no_speech(detector: SpeechDetector, loudness: int) -> None:
    """Neither a dead line nor a hissing one."""
    noise = np.random.default_rng(1).normal(0, loudness, 80000).astype("<i2").tobytes()

    assert max(probability for probability, _ in await probabilities(detector, noise)) < 0.5


async def test_windows_know_their_time(detector: SpeechDetector) -> None:
    """However the audio comes, a window ends 32 ms after the one before."""
    for frame in (320, 640, 5000):
        heard = await probabilities(detector, bytes(32000), frame)
        ends = [at_ms for _, at_ms in heard]

        assert ends == pytest.approx([WINDOW_MS * n for n in range(1, len(ends) + 1)], abs=frame / 16)
        assert len(ends) == 32000 // (2 * WINDOW)


async def test_calls_do_not_disturb_each_other(detector: SpeechDetector) -> None:
    """Two streams in one run hear what each hears alone."""
    alone = await probabilities(detector, tone_speech())
    first, second = await asyncio.gather(
        probabilities(detector, tone_speech()), probabilities(detector, bytes(len(tone_speech())))
    )

    assert [p for p, _ in first] == pytest.approx([p for p, _ in alone], abs=1e-4)
    assert {probability for probability, _ in second} == {0.0}


def test_doubling_keeps_a_tone() -> None:
    """A tone of 1 kHz is the same tone at twice the rate."""
    inside = np.arange(WINDOW + CONTEXT + 2 * REACH)
    doubled = np.sin(2 * np.pi * 1000 * inside / 8000) @ _doubling()
    expected = np.sin(2 * np.pi * 1000 * (REACH + np.arange(2 * (WINDOW + CONTEXT)) / 2) / 8000)

    assert np.abs(doubled - expected).max() < 0.02
