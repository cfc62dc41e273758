"""Both sides of a call on one clock: the caller left, the agent right."""

import os
import wave
from pathlib import Path
from typing import Final

import numpy as np

from voicectl_runtime.caller.g711 import Pcm
from voicectl_runtime.caller.rtp import Packet

RATE_HZ: Final = 8000
_DRIFT_SAMPLES: Final = RATE_HZ // 10  # packets of one stream that are further off than this begin a new piece


class Recording:
    """Collects what was sent and what came; a packet's audio stands where the packet left or arrived."""

    def __init__(self, started_s: float) -> None:
        self._started_s = started_s
        self._caller: list[Pcm] = []
        self._agent: list[tuple[int, Pcm]] = []
        self._agent_end = 0
        self._last: Packet | None = None

    def sent(self, pcm: Pcm) -> None:
        """One frame of the caller; frames follow each other on the beat."""
        self._caller.append(pcm)

    def received(self, packet: Packet, pcm: Pcm, arrived_s: float) -> None:
        """One packet of the agent, put where its own clock says, unless that strays from its arrival."""
        position = arrived = self._sample(arrived_s)
        if self._last is not None and self._last.ssrc == packet.ssrc:
            follows = self._agent[-1][0] + _signed(packet.timestamp - self._last.timestamp)
            if abs(follows - arrived) <= _DRIFT_SAMPLES:
                position = follows
        self._last = packet
        self._agent.append((max(0, position), pcm))
        self._agent_end = max(self._agent_end, position + len(pcm))

    def agent_audio(self, from_s: float, to_s: float) -> Pcm:
        """What the agent said between two moments (monotonic seconds)."""
        start, end = max(0, self._sample(from_s)), max(0, self._sample(to_s))
        return self._agent_track(max(end, self._agent_end))[start:end]

    def write(self, path: Path) -> None:
        """Write a stereo WAV; under its own name only once it is whole."""
        caller = np.concatenate(self._caller) if self._caller else np.zeros(0, dtype=np.int16)
        length = max(len(caller), self._agent_end)
        both = np.zeros((length, 2), dtype="<i2")
        both[: len(caller), 0] = caller
        both[:, 1] = self._agent_track(length)
        part = path.with_name(path.name + ".part")
        with part.open("wb") as file, wave.open(file, "wb") as sound:
            sound.setnchannels(2)
            sound.setsampwidth(2)
            sound.setframerate(RATE_HZ)
            sound.writeframes(both.tobytes())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def _agent_track(self, length: int) -> Pcm:
        track = np.zeros(length, dtype=np.int16)
        for position, pcm in self._agent:
            piece = pcm[: max(0, length - position)]
            track[position : position + len(piece)] = piece
        return track

    def _sample(self, at_s: float) -> int:
        return round((at_s - self._started_s) * RATE_HZ)


def _signed(difference: int) -> int:
    """A difference of two 32-bit timestamps, which wrap around."""
    return (difference + 2**31) % 2**32 - 2**31
