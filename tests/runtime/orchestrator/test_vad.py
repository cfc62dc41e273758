"""The speech detector around a model of our own making; tests/wire has it with the real one."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from tests.runtime.orchestrator.scenarios.virtual_time import run_in_virtual_time
from voicectl_runtime.orchestrator import vad
from voicectl_runtime.orchestrator.silero import Floats
from voicectl_runtime.orchestrator.vad import (
    ASLEEP_AFTER,
    CONTEXT,
    LOOKED_AT,
    SILENT_WINDOWS,
    SLOTS,
    STALE_AFTER,
    WINDOW,
    SpeechDetector,
)

WINDOW_MS = 32.0
LOUD = 8000


class Model:
    """Says how many windows it has seen of a call, in hundredths, and remembers what it was given."""

    def __init__(self, _: Path) -> None:
        self.given: list[Floats] = []
        self.says: float | None = None

    def look(self, samples: Floats, state: Floats) -> tuple[Floats, Floats]:
        """The model's interface: a probability for each window, and the next state."""
        assert state.shape == (2, len(samples), 128)
        self.given.append(samples)
        after = state + 1
        seen = after[0, :, 0] / np.float32(100)
        return (seen if self.says is None else np.full_like(seen, self.says)), after


def model_of(detector: SpeechDetector) -> Model:
    """The one that stands in for the detector's own."""
    model: object = detector._model
    assert isinstance(model, Model)
    return model


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> SpeechDetector:
    monkeypatch.setattr(vad, "Silero", Model)
    return SpeechDetector(Path("silero_vad.onnx"), gathered_s=0)


def pcm(windows: int, level: int = LOUD) -> bytes:
    return np.full(windows * WINDOW, level, "<i2").tobytes()


async def heard_of(detector: SpeechDetector, *calls: bytes, frame: int = 320) -> list[list[tuple[float, float]]]:
    """What each call's windows were taken for, all calls fed frame by frame side by side."""
    heard: list[list[tuple[float, float]]] = [[] for _ in calls]
    streams = [detector.stream(lambda *window, of=of: of.append(window)) for of in heard]
    for at in range(0, max(map(len, calls)), frame):
        for stream, call in zip(streams, calls, strict=True):
            stream.feed(call[at : at + frame], (at + frame) / 16)
        await asyncio.sleep(0)
    for stream in streams:
        stream.close()
    return heard


@pytest.mark.parametrize("frame", [320, 640, 5000])
async def test_windows_know_their_time(detector: SpeechDetector, frame: int) -> None:
    """However the audio comes, a window ends 32 ms after the one before."""
    (heard,) = await heard_of(detector, pcm(62), frame=frame)
    ends = [at_ms for _, at_ms in heard]

    assert ends == pytest.approx([WINDOW_MS * n for n in range(1, len(ends) + 1)], abs=frame / 16)
    assert len(ends) == 62


async def test_a_window_follows_the_end_of_the_one_before(detector: SpeechDetector) -> None:
    """The model sees 32 samples of context, silence before the very first."""
    ramp = np.arange(1, 3 * WINDOW + 1, dtype="<i2") * 30
    await heard_of(detector, ramp.tobytes())
    seen = [(given[0] * 32768).round().astype(int).tolist() for given in model_of(detector).given]
    whole = [0] * CONTEXT + ramp.tolist()

    assert seen == [whole[n * WINDOW : n * WINDOW + LOOKED_AT] for n in range(3)]


async def test_calls_do_not_disturb_each_other(detector: SpeechDetector) -> None:
    """Calls that come and go are looked at in one run, and each carries its own state."""
    count = SLOTS + 5
    calls = [pcm(1 + n % 7) for n in range(count)]
    heard = await heard_of(detector, *calls)

    assert len(model_of(detector).given[0]) == count
    for n, windows in enumerate(heard):
        assert [probability for probability, _ in windows] == pytest.approx([0.01 * (w + 1) for w in range(1 + n % 7)])


async def test_a_dead_line_needs_no_model(detector: SpeechDetector) -> None:
    """Whatever the model would say of silence counts for nothing, and half a second later it is not even asked."""
    model_of(detector).says = 1.0
    (heard,) = await heard_of(detector, pcm(40, level=3) + pcm(1))

    assert [probability for probability, _ in heard] == [0.0] * 40 + [1.0]
    assert len(model_of(detector).given) == ASLEEP_AFTER + 1


async def test_the_state_begins_anew_in_clear_silence(detector: SpeechDetector) -> None:
    """Noise wears it out; a window that may be speech puts it off."""
    model_of(detector).says = 0.05
    seen: list[float] = []
    stream = detector.stream(lambda *_: seen.append(float(detector._state[0, stream.slot, 0])))
    for window in range(STALE_AFTER + SILENT_WINDOWS):
        model_of(detector).says = 0.3 if window == STALE_AFTER - 2 else 0.05
        stream.feed(pcm(1), 0.0)
        await asyncio.sleep(0)

    assert seen == [*range(1, STALE_AFTER + SILENT_WINDOWS - 1), 0.0, 1.0]


async def test_a_call_that_ended_is_heard_no_more(detector: SpeechDetector) -> None:
    """Its place goes to another call, without its state."""
    heard: list[float] = []
    gone = detector.stream(lambda probability, _: heard.append(probability))
    gone.feed(pcm(3), 96.0)
    await asyncio.sleep(0)
    gone.feed(pcm(1), 128.0)
    gone.close()
    gone.close()
    await asyncio.sleep(0)
    assert heard == pytest.approx([0.01, 0.02, 0.03])

    next_one = detector.stream(lambda *_: None)
    assert next_one.slot == gone.slot
    assert not detector._state[:, next_one.slot].any()
    assert len(set(detector._free)) == len(detector._free)


def test_what_comes_close_together_goes_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first window is looked at in the loop's next turn; those right behind it share the next run."""
    monkeypatch.setattr(vad, "Silero", Model)

    async def feed() -> None:
        detector = SpeechDetector(Path("silero_vad.onnx"))
        heard = asyncio.Event()
        streams = [detector.stream(lambda *_: heard.set()) for _ in range(5)]
        for stream in streams:
            stream.feed(pcm(1), 32.0)
            await asyncio.sleep(0)
        assert [len(given) for given in model_of(detector).given] == [1]

        heard.clear()
        await heard.wait()

        assert [len(given) for given in model_of(detector).given] == [1, 4]

    run_in_virtual_time(feed, monkeypatch)
