"""Which orchestrators live, told by locks; two of them in one process have to do for the tests."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from voicectl_runtime.orchestrator.presence import Presence

OTHER = """
import sys, time
from pathlib import Path
from voicectl_runtime.orchestrator.presence import Presence
presence = Presence(Path(sys.argv[1]))
presence.socket.touch()
presence.take_the_door()
print(presence.name, flush=True)
time.sleep(60)
"""


@pytest.fixture
def door(tmp_path: Path) -> Path:
    return tmp_path / "orchestrator.sock"


@pytest.fixture
def other(door: Path) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen([sys.executable, "-c", OTHER, str(door)], stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def name_of(other: "subprocess.Popen[str]") -> str:
    assert other.stdout is not None
    return other.stdout.readline().strip()


def test_the_newest_has_the_door(door: Path, other: "subprocess.Popen[str]") -> None:
    """Bridges follow one link, which is switched in one step; the one before sees that it was."""
    name = name_of(other)
    presence = Presence(door)

    assert presence.others() == {name}
    assert not presence.has_the_door
    assert door.readlink() == Path(f"{name}.sock")

    presence.take_the_door()

    assert presence.has_the_door
    assert door.readlink() == Path(f"orchestrator-{os.getpid()}.sock")
    presence.leave()
    assert {path.name for path in door.parent.iterdir()} == {door.name, f"{name}.sock", f"{name}.lock"}


def test_the_dead_leave_nothing(door: Path, other: "subprocess.Popen[str]") -> None:
    """However an orchestrator died, the next look knows it, and what it left is removed."""
    name = name_of(other)
    presence = Presence(door)
    assert presence.others() == {name}

    other.kill()
    other.wait()

    assert presence.others() == set()
    assert {path.name for path in door.parent.iterdir()} == {door.name, f"{presence.name}.lock"}
    presence.leave()


def test_a_socket_of_an_earlier_version_gives_way(door: Path) -> None:
    """Where once the socket itself stood, the link takes its place."""
    door.touch()
    presence = Presence(door)

    presence.take_the_door()

    assert presence.has_the_door
    presence.leave()
