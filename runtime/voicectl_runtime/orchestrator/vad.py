"""Speech or not, 32 ms at a time, for all calls together.

The model is Silero VAD at 8 kHz: it takes 256 samples behind 32 of the window before, carries a call's state from one
window to the next, and takes the windows of many calls in one run.
"""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voicectl_runtime.orchestrator.silero import Silero

RATE_HZ: Final = 8000
WINDOW: Final = 256
"""Samples: 32 ms."""
CONTEXT: Final = 32
LOOKED_AT: Final = CONTEXT + WINDOW
BYTES_PER_MS: Final = 16
DEAD_LINE: Final = WINDOW * (100 / 32768) ** 2
"""A window's energy at about -50 dBFS: fainter than any caller, so it needs no model and cannot fool one."""
ASLEEP_AFTER: Final = 16
"""Dead windows (half a second) after which a stream's state is left as it is and the model is spared."""
STALE_AFTER: Final = 312
CLEARLY_SILENT: Final = 0.1
SILENT_WINDOWS: Final = 5
"""Noise and music wear the state out until speech behind them is missed, so it begins anew every ten seconds, in clear
silence. Pipecat does so every two; over G.711 ten hear speech behind 20 s of music as well, and take a third as much
music for speech."""
SLOTS: Final = 64
GATHERED_S: Final = 0.005
"""With few calls a window is looked at as soon as it is due; with many, what came within this time goes in one run. A
window alone takes 76 us, one of 32 takes 13: without this 100 calls would keep a quarter of a core busy."""

OnWindow = Callable[[float, float], None]
"""Takes the probability of speech and the time at which the window ended."""


class Stream:
    """One call's part in the detector."""

    def __init__(self, detector: "SpeechDetector", slot: int, on_window: OnWindow) -> None:
        self._detector, self.slot, self.on_window = detector, slot, on_window
        self._waiting = bytearray(2 * CONTEXT)
        self._until_ms = 0.0
        self._dead = 0
        self._since_fresh = 0
        self._silent = 0

    def feed(self, pcm: bytes, at_ms: float) -> None:
        """Take audio that ended at `at_ms`; windows that it completes are due at once."""
        self._waiting += pcm
        self._until_ms = at_ms
        if self.is_due:
            self._detector.is_due(self)

    @property
    def is_due(self) -> bool:
        """Whether a whole window waits."""
        return len(self._waiting) >= 2 * LOOKED_AT

    def next_window(self) -> tuple[bytearray, float]:
        """The samples that the model looks at next, and when the newest of them was spoken."""
        window = self._waiting[: 2 * LOOKED_AT]
        del self._waiting[: 2 * WINDOW]
        return window, self._until_ms - (len(self._waiting) - 2 * CONTEXT) / BYTES_PER_MS

    def is_awake(self, *, loud: bool) -> bool:
        """Whether the model must look at a window of that kind."""
        self._dead = 0 if loud else self._dead + 1
        return self._dead <= ASLEEP_AFTER

    def is_stale(self, probability: float) -> bool:
        """Whether the state should begin anew behind a window of this probability."""
        self._since_fresh += 1
        self._silent = self._silent + 1 if probability < CLEARLY_SILENT else 0
        if self._since_fresh < STALE_AFTER or self._silent < SILENT_WINDOWS:
            return False
        self._since_fresh = 0
        return True

    def close(self) -> None:
        """No more windows."""
        self._detector.forget(self)


class SpeechDetector:
    """Runs the windows that are due from every call in one go."""

    def __init__(self, model_file: Path, gathered_s: float = GATHERED_S) -> None:
        self._model = Silero(model_file)
        self._state = np.zeros((2, 0, 128), np.float32)
        self._free: list[int] = []
        self._due: dict[Stream, None] = {}
        self._gathered_s, self._last_run_s = gathered_s, 0.0

    def stream(self, on_window: OnWindow) -> Stream:
        """A call's own stream of windows; to be closed."""
        if not self._free:
            slots = self._state.shape[1]
            self._state = np.concatenate((self._state, np.zeros((2, SLOTS, 128), np.float32)), axis=1)
            self._free = list(range(slots, slots + SLOTS))
        slot = self._free.pop()
        self._state[:, slot] = 0
        return Stream(self, slot, on_window)

    def forget(self, stream: Stream) -> None:
        """Give the stream's place to another call."""
        self._due.pop(stream, None)
        if stream.slot not in self._free:
            self._free.append(stream.slot)

    def is_due(self, stream: Stream) -> None:
        """Note a stream with a whole window; the first one orders the run."""
        if not self._due:
            loop = asyncio.get_running_loop()
            next_s = self._last_run_s + self._gathered_s
            if loop.time() >= next_s:
                loop.call_soon(self._run)
            else:
                loop.call_at(next_s, self._run)
        self._due[stream] = None

    def _run(self) -> None:
        self._last_run_s = asyncio.get_running_loop().time()
        due, self._due = list(self._due), {}
        while due := [stream for stream in due if stream.is_due]:
            windows, times_ms = zip(*(stream.next_window() for stream in due), strict=True)
            for stream, probability, at_ms in zip(due, self._probabilities(due, windows), times_ms, strict=True):
                stream.on_window(probability, at_ms)

    def _probabilities(self, due: list[Stream], windows: Iterable[bytearray]) -> list[float]:
        samples = np.frombuffer(b"".join(windows), "<i2").reshape(-1, LOOKED_AT).astype(np.float32)
        samples /= 32768
        fresh = samples[:, CONTEXT:]
        loud = (np.einsum("ij,ij->i", fresh, fresh) >= DEAD_LINE).tolist()
        awake = [row for row, stream in enumerate(due) if stream.is_awake(loud=loud[row])]
        probabilities = [0.0] * len(due)
        if awake:
            for row, probability in zip(awake, self._look([due[row] for row in awake], samples[awake]), strict=True):
                probabilities[row] = probability if loud[row] else 0.0
        return probabilities

    def _look(self, streams: list[Stream], samples: NDArray[np.float32]) -> list[float]:
        slots = [stream.slot for stream in streams]
        found, state = self._model.look(samples, self._state[:, slots])
        probabilities: list[float] = found.tolist()
        stale = [row for row, stream in enumerate(streams) if stream.is_stale(probabilities[row])]
        state[:, stale] = 0
        self._state[:, slots] = state
        return probabilities
