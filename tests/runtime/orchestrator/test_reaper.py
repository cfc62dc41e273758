"""The reaper over a /proc that the test writes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from voicectl_runtime.orchestrator.reaper import Reaper

SOCKET = Path("/run/orchestrator.sock")
ASTERISK = 100


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    victims: list[int] = []
    monkeypatch.setattr("os.kill", lambda pid, _: victims.append(pid))
    return victims


@pytest.fixture
def children(tmp_path: Path) -> Callable[[dict[int, str]], None]:
    def _write(processes: dict[int, str]) -> None:
        task = tmp_path / str(ASTERISK) / "task" / "101"
        task.mkdir(parents=True, exist_ok=True)
        (task / "children").write_text(" ".join(map(str, processes)))
        for pid, arguments in processes.items():
            (tmp_path / str(pid)).mkdir(exist_ok=True)
            (tmp_path / str(pid) / "cmdline").write_bytes(arguments.replace(" ", "\0").encode())

    (tmp_path / "asterisk.pid").write_text(f"{ASTERISK}\n")
    return _write


def reaper(tmp_path: Path, live: set[int]) -> Reaper:
    return Reaper(tmp_path / "asterisk.pid", SOCKET, lambda: live, tmp_path)


def test_a_bridge_that_outlives_its_call(
    tmp_path: Path, killed: list[int], children: Callable[[dict[int, str]], None]
) -> None:
    """Is killed within two seconds of the call's end, and not a moment before."""
    live = {7}
    each = reaper(tmp_path, live)
    children({7: f"python3 bridge {SOCKET} call"})
    assert each.look(0.0) == []

    live.clear()

    assert each.look(1.0) == []
    assert each.look(1.4) == []
    assert each.look(1.5) == [7] == killed


def test_a_bridge_that_never_had_a_call(
    tmp_path: Path, killed: list[int], children: Callable[[dict[int, str]], None]
) -> None:
    """Has the time that a start takes, then it goes."""
    each = reaper(tmp_path, set())
    children({7: f"python3 bridge {SOCKET} call"})

    assert [each.look(at) for at in (0.0, 1.4, 1.5)] == [[], [], [7]]
    assert killed == [7]


def test_others_are_left_alone(tmp_path: Path, killed: list[int], children: Callable[[dict[int, str]], None]) -> None:
    """Live calls, and children of Asterisk that are not our bridges."""
    each = reaper(tmp_path, {7})
    children({7: f"python3 bridge {SOCKET} call", 8: "mpg123 -q", 9: "python3 bridge /run/other.sock call"})

    assert [each.look(float(at)) for at in range(0, 60, 10)] == [[]] * 6
    assert killed == []


@pytest.mark.parametrize("text", ["", "nonsense", "4194305"])
def test_without_asterisk_nothing_happens(tmp_path: Path, text: str) -> None:
    """No pid file, a broken one, or one of a process that is gone."""
    (tmp_path / "asterisk.pid").write_text(text)

    assert reaper(tmp_path, set()).look(0.0) == []


def test_a_bridge_of_another_orchestrator(
    tmp_path: Path, killed: list[int], children: Callable[[dict[int, str]], None]
) -> None:
    """During an update the other one's calls look as if they had none; our own ended ones are still reaped."""
    live = {7}
    each = reaper(tmp_path, live)
    children({7: f"python3 bridge {SOCKET} call", 8: f"python3 bridge {SOCKET} call"})
    each.look(0.0, is_alone=False)
    live.clear()

    assert each.look(5.0, is_alone=False) == []
    assert each.look(9.0, is_alone=False) == [7] == killed
    assert set(each.look(9.1, is_alone=True)) == {7, 8}
