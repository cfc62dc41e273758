"""One caller: 20 ms frames into the call's pipe in real time, and the moment at which the agent's voice comes back."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

FRAME_MS: Final = 20
FRAME_BYTES: Final = 320
VOICED: Final = 500.0
"""RMS of 16-bit samples; the stub's tone has 5,657."""

LOUD: Final = 0.5
"""Of the question's peak."""

Samples = NDArray[np.int16]


def is_voiced(pcm: bytes) -> bool:
    """Whether a frame holds the agent's voice."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    return bool(len(samples)) and float(np.sqrt(np.mean(samples * samples))) >= VOICED


@dataclass(frozen=True)
class Script:
    """What every caller says, again and again."""

    frames: tuple[bytes, ...]
    """One round: a question, and the silence in which it is answered."""
    last_voiced: int
    """The frame in which the question ends."""


def read_script(wav_pcm: Samples, round_s: float, noise_dbfs: float) -> Script:
    """A question at 8 kHz, laid into a round with a line's noise under all of it.

    It is cut in its last loud vowel: on a voice that fades into noise the detector itself takes up to 200 ms to let go,
    and as its window falls, that differs from call to call.
    """
    end = int(np.flatnonzero(np.abs(wav_pcm.astype(int)) > LOUD * np.abs(wav_pcm.astype(int)).max())[-1]) + 1
    length = int(round_s * 1000 / FRAME_MS) * FRAME_BYTES // 2
    noise = np.random.default_rng(1).normal(0, 32768 * 10 ** (noise_dbfs / 20), length)
    noise[:end] += wav_pcm[:end]
    pcm = noise.clip(-32768, 32767).astype("<i2").tobytes()
    frames = tuple(pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES))
    return Script(frames, (end - 1) * 2 // FRAME_BYTES)


class Agent(Protocol):
    """The system's end of one call."""

    audio: int
    """The pipe that takes what the caller says."""

    def close(self) -> None:
        """Hang up."""


@dataclass
class Turn:
    """One question; monotonic seconds."""

    asked_s: float
    """The last voiced frame was written."""
    answered_s: float | None = None
    """The first voiced frame came back."""


@dataclass
class Caller:
    """Where one caller is in the script."""

    script: Script
    agent: Agent
    at: int
    """The next frame."""
    turns: list[Turn] = field(default_factory=list)
    dropped: int = 0
    """Frames that nobody took."""

    def speak(self) -> None:
        """Write the next frame."""
        frame = self.at % len(self.script.frames)
        self.at += 1
        if self.at <= 0:
            # Not yet its turn to talk: the end of a round, which is silence.
            frame = -1
        try:
            os.write(self.agent.audio, self.script.frames[frame])
        except OSError:
            # A full pipe, or a call that the agent has ended: its turns will count as lost.
            self.dropped += 1
        if frame == self.script.last_voiced:
            self.turns.append(Turn(time.monotonic()))

    def heard(self, at_s: float) -> None:
        """A voiced frame from the agent."""
        if self.turns and self.turns[-1].answered_s is None:
            self.turns[-1].answered_s = at_s


def voiced_offset_s(file: Path, offset_samples: int) -> float | None:
    """How far into a sound file, from an offset on, the first voiced frame lies; None where there is none."""
    pcm = file.read_bytes()[2 * offset_samples :]
    for at in range(0, len(pcm), FRAME_BYTES):
        if is_voiced(pcm[at : at + FRAME_BYTES]):
            return at / FRAME_BYTES * FRAME_MS / 1000
    return None
