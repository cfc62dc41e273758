"""Speech or not, 32 ms at a time, for all calls together.

The model is Silero v6 as faster-whisper carries it: it takes 512 samples at 16 kHz behind 64 of the window before,
and carries one call's state through each run. Telephone audio has 8 kHz, so each window is doubled on the way in.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray

WINDOW: Final = 256
"""Samples at 8 kHz: 32 ms."""
CONTEXT: Final = 32
REACH: Final = 8
"""Samples on either side that the interpolation looks at; one millisecond."""
LOOKED_AT: Final = WINDOW + CONTEXT + 2 * REACH
DEAD_LINE_RMS: Final = 100 / 32768
"""About -50 dBFS: fainter than any caller, so it needs no model and cannot fool one."""

OnWindow = Callable[[float, float], None]
"""Takes the probability of speech and the time at which the window ended."""


class Stream:
    """One call's part in the detector."""

    def __init__(self, detector: "SpeechDetector", on_window: OnWindow) -> None:
        self._detector, self.on_window = detector, on_window
        self._samples = np.zeros(LOOKED_AT - WINDOW, np.float32)
        self._waiting = np.zeros(0, np.float32)
        self._waiting_until_ms = 0.0
        self.hidden = np.zeros((1, 1, 128), np.float32)
        self.cell = np.zeros((1, 1, 128), np.float32)

    def feed(self, pcm: bytes, at_ms: float) -> None:
        """Take audio that ended at `at_ms`; windows that it completes are due at once."""
        fresh = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
        self._waiting = np.concatenate((self._waiting, fresh))
        self._waiting_until_ms = at_ms
        if len(self._waiting) >= WINDOW:
            self._detector.is_due(self)

    def next_window(self) -> tuple[NDArray[np.float32], float] | None:
        """The samples that the model looks at next, and when the newest of them was spoken."""
        if len(self._waiting) < WINDOW:
            return None
        fresh, self._waiting = self._waiting[:WINDOW], self._waiting[WINDOW:]
        self._samples = np.concatenate((self._samples[WINDOW:], fresh))[-LOOKED_AT:]
        if len(self._samples) < LOOKED_AT:
            self._samples = np.concatenate((np.zeros(LOOKED_AT - len(self._samples), np.float32), self._samples))
        return self._samples, self._waiting_until_ms - len(self._waiting) / 8


class SpeechDetector:
    """Runs the windows that are due from every call in one go, in the loop's next turn."""

    def __init__(self, model_file: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(str(model_file), options, providers=["CPUExecutionProvider"])
        self._doubling = _doubling()
        self._due: dict[Stream, None] = {}

    def stream(self, on_window: OnWindow) -> Stream:
        """A call's own stream of windows."""
        return Stream(self, on_window)

    def is_due(self, stream: Stream) -> None:
        """Note a stream with a whole window; the first one of a loop's turn orders the run."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self._run)
        self._due[stream] = None

    def _run(self) -> None:
        due, self._due = list(self._due), {}
        while batch := [(stream, *window) for stream in due if (window := stream.next_window())]:
            doubled = np.stack([samples for _, samples, _ in batch]) @ self._doubling
            for (stream, samples, at_ms), window in zip(batch, doubled, strict=True):
                stream.on_window(self._probability(stream, samples, window), at_ms)

    def _probability(self, stream: Stream, samples: NDArray[np.float32], window: NDArray[np.float32]) -> float:
        given = {"input": window[None, :], "h": stream.hidden, "c": stream.cell}
        probability, stream.hidden, stream.cell = self._session.run(None, given)
        loudness = float(np.sqrt(np.mean(np.square(samples[-WINDOW:]))))
        return float(probability[0]) if loudness >= DEAD_LINE_RMS else 0.0


def _doubling() -> NDArray[np.float32]:
    """The matrix that takes 8 kHz samples to 16 kHz: a windowed sinc, so that no image appears above 4 kHz."""
    wanted = REACH + np.arange(2 * (WINDOW + CONTEXT)) / 2
    distance = wanted[None, :] - np.arange(LOOKED_AT)[:, None]
    window = np.where(np.abs(distance) < REACH, np.cos(np.pi * distance / (2 * REACH)) ** 2, 0.0)
    return (np.sinc(distance) * window).astype(np.float32)
