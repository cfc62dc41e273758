"""Both sides of a call stand at their own time in the recording."""

import wave
from pathlib import Path
from typing import Any

import numpy as np

from voicectl_runtime.caller.recording import Recording
from voicectl_runtime.caller.rtp import Packet


def frame(value: int) -> Any:
    return np.full(160, value, dtype=np.int16)


def packet(number: int, timestamp: int) -> Packet:
    return Packet(0, number, timestamp, 1, b"")


def test_wav_is_stereo_and_aligned(tmp_path: Path) -> None:
    """Caller left from the start; the agent right, where its packets arrived; no `.part` is left."""
    recording = Recording(100.0)
    for _ in range(10):
        recording.sent(frame(11))
    recording.received(packet(1, 0), frame(22), 100.1)
    recording.write(tmp_path / "call.wav")

    with wave.open(str(tmp_path / "call.wav")) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2").reshape(-1, 2)
        assert (sound.getframerate(), sound.getnchannels()) == (8000, 2)
    assert set(samples[:1600, 0]) == {11}
    assert (samples[799, 1], samples[800, 1], samples[959, 1]) == (0, 22, 22)
    assert [path.name for path in tmp_path.iterdir()] == ["call.wav"]


def test_jitter_leaves_no_hole() -> None:
    """Packets that follow each other by their timestamps are joined, though they came unevenly."""
    recording = Recording(0.0)
    for number, arrived_s in enumerate([1.0, 1.035, 1.041, 1.06]):
        recording.received(packet(number, number * 160), frame(5), arrived_s)

    assert set(recording.agent_audio(1.0, 1.08)) == {5}


def test_speech_after_a_silence_stands_at_its_arrival() -> None:
    """A stream whose clock stood still while it was silent is put where it was heard."""
    recording = Recording(0.0)
    recording.received(packet(1, 0), frame(5), 1.0)
    recording.received(packet(2, 160), frame(6), 3.0)

    assert recording.agent_audio(3.0, 3.02)[0] == 6
    assert not recording.agent_audio(1.02, 3.0).any()
