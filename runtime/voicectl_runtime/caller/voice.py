"""Which 20 ms of audio are voice, and when the agent spoke."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from voicectl_runtime.caller.g711 import Pcm

QUIETEST: Final = 200.0
"""RMS of 16-bit samples (-44 dB of full scale): above comfort noise, below the softest consonant that matters."""
_RELATIVE: Final = 0.05  # a recorded caller's room is voice to a fixed threshold; 26 dB below the voice it is not
_ONSET_PACKETS: Final = 3  # one loud packet may be a click
_STEADY_S: Final = 0.06  # packets further apart than this do not follow each other
_PAUSE_S: Final = 0.3  # between two words of one breath there is less


def loudness(pcm: Pcm) -> float:
    """Root mean square of the samples."""
    return float(np.sqrt(np.mean(np.square(pcm, dtype=np.float32)))) if pcm.size else 0.0


def voiced_frames(frames: list[Pcm]) -> tuple[bool, ...]:
    """Which frames of a caller's line are voice, against that line's own loudest frame."""
    levels = [loudness(frame) for frame in frames]
    threshold = max(QUIETEST, _RELATIVE * max(levels, default=0.0))
    return tuple(level >= threshold for level in levels)


@dataclass
class Spurt:
    """The agent's voice without a pause; times are arrivals of packets."""

    started_s: float
    ended_s: float
    """The last voiced packet so far."""


class AgentVoice:
    """The agent's spurts of speech, found packet by packet."""

    def __init__(self) -> None:
        self.spurts: list[Spurt] = []
        self._run_started_s = 0.0
        self._run_packets = 0
        self._last_s = float("-inf")

    def heard(self, at_s: float, *, voiced: bool) -> None:
        """Take one packet."""
        follows = at_s - self._last_s <= _STEADY_S
        self._last_s = at_s
        if not voiced:
            self._run_packets = 0
            return
        if not (follows and self._run_packets):
            self._run_started_s, self._run_packets = at_s, 0
        self._run_packets += 1
        if self.spurts and at_s - self.spurts[-1].ended_s < _PAUSE_S:
            self.spurts[-1].ended_s = at_s
        elif self._run_packets >= _ONSET_PACKETS:
            self.spurts.append(Spurt(self._run_started_s, at_s))

    def after(self, at_s: float) -> list[Spurt]:
        """The spurts that began later than that."""
        return [spurt for spurt in self.spurts if spurt.started_s > at_s]
