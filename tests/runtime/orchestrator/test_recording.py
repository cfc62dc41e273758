"""Both sides of a call in one file."""

import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from voicectl_runtime.orchestrator.recording import Recording, finish_torn, write_message


@pytest.fixture
def disk() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


def sides(path: Path) -> tuple[list[int], list[int]]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return both[:, 0].tolist(), both[:, 1].tolist()


def test_agent_beside_the_caller(tmp_path: Path, disk: ThreadPoolExecutor) -> None:
    """The agent's sound lies where it was heard; what was cut off is not there."""
    path = tmp_path / "c.wav"
    recording = Recording(path, disk)
    recording.caller_said(b"\1\0" * 3)
    recording.agent_says(b"\2\0" * 4)
    recording.caller_said(b"\1\0" * 2)
    recording.agent_was_cut()
    recording.caller_said(b"\1\0" * 2)
    recording.finish()
    disk.shutdown()

    assert sides(path) == ([1] * 7, [0, 0, 0, 2, 2, 0, 0])
    assert list(tmp_path.iterdir()) == [path]


def test_a_long_call(tmp_path: Path, disk: ThreadPoolExecutor) -> None:
    """Goes to the disk second by second, and nothing is lost at the seams."""
    path = tmp_path / "c.wav"
    recording = Recording(path, disk)
    for frame in range(500):
        recording.caller_said(np.full(160, frame, "<i2").tobytes())
    recording.finish()
    disk.shutdown()

    assert sides(path)[0] == [frame for frame in range(500) for _ in range(160)]


@pytest.mark.parametrize("packet", [320, 16000, 33333 * 2])
@pytest.mark.parametrize("seconds", [0, 1, 5])
def test_a_key_is_not_heard(tmp_path: Path, disk: ThreadPoolExecutor, packet: int, seconds: int) -> None:
    """Whatever its tone was: the caller's last second is silence, what they said before and the agent are not."""
    path, before = tmp_path / "c.wav", b"\1\0" * 8000 * seconds
    recording = Recording(path, disk)
    recording.agent_says(b"\3\0" * 8000 * 9)
    said = before + b"\2\0" * 8000
    for at in range(0, len(said), packet):
        recording.caller_said(said[at : at + packet])
    recording.caller_pressed()
    recording.caller_said(b"\1\0" * 8000)
    recording.finish()
    disk.shutdown()

    caller, agent = sides(path)
    assert caller == [1] * 8000 * seconds + [0] * 8000 + [1] * 8000
    assert agent == [3] * len(caller)


def test_a_key_before_the_first_word(tmp_path: Path, disk: ThreadPoolExecutor) -> None:
    """Changes nothing."""
    recording = Recording(tmp_path / "c.wav", disk)
    recording.caller_pressed()
    recording.caller_said(b"\1\0" * 3)
    recording.finish()
    disk.shutdown()

    assert sides(tmp_path / "c.wav")[0] == [1] * 3


def test_what_a_crash_left_is_finished(tmp_path: Path, disk: ThreadPoolExecutor) -> None:
    """With the length that it really has."""
    recording = Recording(tmp_path / "c.wav", disk)
    recording.caller_said(b"\1\0" * 16000 + b"\2\0" * 8000)
    disk.shutdown()
    assert recording._file is not None
    recording._file.close()
    assert [each.name for each in tmp_path.iterdir()] == ["c.wav.part"]

    assert finish_torn(tmp_path) == 1
    assert sides(tmp_path / "c.wav")[0] == [1] * 16000


def test_a_disk_that_refuses(tmp_path: Path, disk: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture) -> None:
    """One log line, and the call goes on."""
    recording = Recording(tmp_path / "missing" / "c.wav", disk)
    for _ in range(10):
        recording.caller_said(bytes(16000))
    recording.finish()
    disk.shutdown()

    assert [line.message for line in caplog.records] == ["recording_failed"]


def test_a_message(tmp_path: Path) -> None:
    """Is a file that any player opens."""
    write_message(tmp_path / "m.wav", b"\1\0" * 800, 16000)

    with wave.open(str(tmp_path / "m.wav")) as file:
        assert (file.getnchannels(), file.getnframes(), file.getframerate()) == (1, 800, 16000)
