"""The keeper over real processes: a few lines stand in for the orchestrator."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

KEEPER = """
import sys
from pathlib import Path
from voicectl_runtime.logs import start_logging
from voicectl_runtime.orchestrator import keeper

start_logging("orchestrator")
keeper.TICK_S = 0.02
sys.exit(keeper.Keeper([sys.executable, "-c", sys.argv[1], sys.argv[2]], Path(sys.argv[2]) / "log").keep())
"""
# Beats, and notes what it is told; a file "still" makes it stand still, as if its event loop were blocked.
ORCHESTRATOR = """
import faulthandler, os, signal, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
faulthandler.enable()
def note(number, _):
    (folder / signal.Signals(number).name).touch()
    if number == signal.SIGTERM:
        sys.exit(0)
for number in (signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, note)
(folder / "pid").write_text(str(os.getpid()))
def stands_still():
    time.sleep(60)
while not (folder / "leave").exists():
    os.write(int(os.environ["VOICECTL_BEAT"]), b".")
    if (folder / "still").exists():
        stands_still()
    time.sleep(0.005)
"""


def until(look: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def alive(pid: int) -> bool:
    """A dead process that nobody has asked about yet is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class House:
    """A keeper, its orchestrator, and what became of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "log").touch()
        argv = [sys.executable, "-c", KEEPER, ORCHESTRATOR, str(folder)]
        self.keeper = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
        until(lambda: (folder / "pid").exists() and (folder / "pid").read_text())
        self.pid = int((folder / "pid").read_text())

    def was_told(self, name: str) -> bool:
        """Whether the orchestrator got this signal."""
        return (self.folder / name).exists()

    def words(self) -> str:
        """What reached Supervisor."""
        assert self.keeper.stderr is not None
        return self.keeper.stderr.read()

    def close(self) -> None:
        """Leave no process."""
        self.keeper.kill()
        self.keeper.communicate()
        (self.folder / "leave").touch()
        until(lambda: not alive(self.pid))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.close()


def test_a_stop_reaches_the_orchestrator(house: House) -> None:
    """The keeper waits for the goodbye, and all is well."""
    house.keeper.terminate()

    assert house.keeper.wait(20) == 0
    assert house.was_told("SIGTERM")
    assert not alive(house.pid)


def test_an_orchestrator_that_dies_is_started_again(house: House) -> None:
    """The keeper ends with it, so that Supervisor begins anew."""
    os.kill(house.pid, signal.SIGKILL)

    assert house.keeper.wait(20) == 1
    assert "orchestrator_ended" in house.words()


def test_an_event_loop_that_stands_still_is_killed(house: House) -> None:
    """Where it stood is written down first."""
    (house.folder / "still").touch()

    assert house.keeper.wait(20) == 1
    words = house.words()
    assert "event_loop_blocked" in words
    assert "in stands_still" in words
    assert not alive(house.pid)


def test_an_update_leaves_the_calls_alone(house: House) -> None:
    """The keeper ends at once, its orchestrator lives on, is still watched, and ends when its last call does."""
    os.kill(house.keeper.pid, signal.SIGUSR1)
    house.keeper.terminate()

    assert house.keeper.wait(20) == 0
    until(lambda: house.was_told("SIGUSR1"))
    assert alive(house.pid)
    assert not house.was_told("SIGTERM")

    (house.folder / "still").touch()
    until(lambda: not alive(house.pid))
    until(lambda: "event_loop_blocked" in (house.folder / "log").read_text())


def test_the_last_calls_can_be_ended(house: House) -> None:
    """The copy that watches passes a later stop on."""
    os.kill(house.keeper.pid, signal.SIGUSR1)
    house.keeper.terminate()
    assert house.keeper.wait(20) == 0

    os.kill(house.pid, signal.SIGTERM)

    until(lambda: not alive(house.pid))
