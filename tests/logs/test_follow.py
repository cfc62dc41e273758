"""Logs are read through rotation, step by step, without losing or doubling a line."""

from pathlib import Path

import pytest

from voicectl.errors import ServiceError, UsageError
from voicectl.logs.follow import Follower
from voicectl.logs.log_files import ensure_service, files_of, services_in
from voicectl.logs.select import Wanted, future, past


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def rotate(folder: Path) -> None:
    """What Supervisor does when a log has grown too large."""
    for number in (2, 1):
        older = folder / f"a.log.{number}"
        if older.exists():
            older.rename(folder / f"a.log.{number + 1}")
    (folder / "a.log").rename(folder / "a.log.1")
    (folder / "a.log").touch()


def step(follower: Follower) -> list[str]:
    return [line.text for line in follower.step()]


@pytest.fixture
def follower(tmp_path: Path) -> Follower:
    append(tmp_path / "a.log", "one\n")
    return Follower(tmp_path, "a")


def test_each_line_comes_once_and_only_when_whole(tmp_path: Path, follower: Follower) -> None:
    """Half a line waits for its other half."""
    assert step(follower) == ["one"]
    append(tmp_path / "a.log", "two\nthr")
    assert step(follower) == ["two"]
    append(tmp_path / "a.log", "ee\n")
    assert step(follower) == ["three"]
    assert step(follower) == []
    follower.close()


def test_rotation_between_two_steps(tmp_path: Path, follower: Follower) -> None:
    """What was written before and after the rotation comes in its order."""
    step(follower)
    append(tmp_path / "a.log", "two\n")
    rotate(tmp_path)
    append(tmp_path / "a.log", "three\n")

    assert step(follower) == ["two", "three"]
    follower.close()


def test_two_rotations_between_two_steps(tmp_path: Path, follower: Follower) -> None:
    """A burst that fills a whole file while nobody looks is not lost."""
    step(follower)
    for word in ("two", "three", "four"):
        rotate(tmp_path)
        append(tmp_path / "a.log", f"{word}\n")

    assert step(follower) == ["two", "three", "four"]
    follower.close()


def test_past_begins_with_the_oldest_file(tmp_path: Path, follower: Follower) -> None:
    """Rotated files are part of the log; `.10` is older than `.9`."""
    append(tmp_path / "a.log.9", "minus nine\n")
    append(tmp_path / "a.log.10", "minus ten\n")
    append(tmp_path / "a.log.old", "not ours\n")

    assert step(follower) == ["minus ten", "minus nine", "one"]
    assert files_of(tmp_path, "a")[-1] == tmp_path / "a.log"
    follower.close()


def test_emptied_and_deleted_files(tmp_path: Path, follower: Follower) -> None:
    """A log that is emptied in place, or deleted and made anew, is read on from its start."""
    step(follower)
    (tmp_path / "a.log").write_text("", encoding="utf-8")
    append(tmp_path / "a.log", "x\n")
    assert step(follower) == ["x"]
    (tmp_path / "a.log").unlink()
    assert step(follower) == []
    append(tmp_path / "a.log", "y\n")
    assert step(follower) == ["y"]
    follower.close()


def test_services_are_merged_by_time(tmp_path: Path) -> None:
    """Lines of several files come in the order in which they happened, the last ones only, filtered by level."""
    append(tmp_path / "a.log", "2026-01-01 10:00:00Z INFO a1\n2026-01-01 10:00:02Z ERROR a2\n  traceback\n")
    append(tmp_path / "b.log", "2026-01-01 10:00:01Z WARNING b1\n2026-01-01 10:00:03Z INFO b2\n")
    followers = [Follower(tmp_path, name) for name in services_in(tmp_path)]

    lines = [line.text[21:] for line in past(followers, Wanted("WARNING"), most=3)]

    assert lines == ["WARNING b1", "ERROR a2", ""]
    for follower in followers:
        follower.close()


def test_following_goes_on_until_stopped(tmp_path: Path, follower: Follower) -> None:
    """Between two looks it waits; Ctrl-C ends it where it waits."""
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        append(tmp_path / "a.log", f"more {len(waits)}\n")
        if len(waits) == 3:
            raise KeyboardInterrupt

    seen: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        seen.extend(line.text for line in future([follower], Wanted(), wait))

    assert seen == ["one", "more 1", "more 2"]
    follower.close()


def test_slips_are_named(tmp_path: Path) -> None:
    """An unknown service, an unknown level, and a folder without logs."""
    with pytest.raises(UsageError, match="did you mean orchestrator"):
        ensure_service("orchestrater", ["orchestrator", "stt-service"])
    with pytest.raises(UsageError, match="no such level"):
        Wanted("LOUD")
    with pytest.raises(ServiceError, match="no logs here"):
        services_in(tmp_path / "none")
