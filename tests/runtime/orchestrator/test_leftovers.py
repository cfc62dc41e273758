"""What a dead orchestrator left is put in order; what a living one needs is not touched."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from voicectl_runtime.orchestrator import leftovers
from voicectl_runtime.orchestrator.leftovers import open_record, tidy_after_the_dead
from voicectl_runtime.orchestrator.presence import Presence
from voicectl_runtime.orchestrator.record import CallRecord, Record
from voicectl_runtime.orchestrator.recording import header
from voicectl_runtime.settings import Paths


class Beside(Presence):
    """A presence whose neighbours the test chooses."""

    living: set[str]

    def others(self) -> set[str]:
        """Whoever the test says."""
        return self.living


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(*[tmp_path] * 6)
    return replace(paths, chunks=tmp_path / "chunks", recordings=tmp_path / "recordings")


@pytest.fixture
def presence(tmp_path: Path) -> Iterator[Beside]:
    presence = Beside(tmp_path / "orchestrator.sock")
    presence.living = {"orchestrator-1"}
    yield presence
    presence.leave()


async def leave_call(paths: Paths, owner: str) -> None:
    """A call in its middle, of which nobody takes care any more."""
    record = Record(paths.state / "calls.db", owner)
    await CallRecord(record, f"call-of-{owner}").begin("", "", "")
    record.close()
    (paths.chunks / owner / "call").mkdir(parents=True)
    paths.recordings.mkdir(exist_ok=True)
    (paths.recordings / f"call-of-{owner}.wav.part").write_bytes(header(0) + bytes(400))


def ended_by(paths: Paths) -> dict[str, str | None]:
    with closing(sqlite3.connect(paths.state / "calls.db")) as database:
        return dict(database.execute("SELECT owner, ended_by FROM calls"))


async def test_at_the_start(paths: Paths, presence: Beside) -> None:
    """One orchestrator crashed, another one goes on with its last call."""
    for owner in ("orchestrator-1", "orchestrator-2"):
        await leave_call(paths, owner)

    open_record(paths, presence).close()

    assert ended_by(paths) == {"orchestrator-1": None, "orchestrator-2": "crash"}
    assert [path.name for path in paths.chunks.iterdir()] == ["orchestrator-1"]
    recordings = {path.name for path in paths.recordings.iterdir()}
    assert recordings == {"call-of-orchestrator-1.wav.part", "call-of-orchestrator-2.wav"}


async def test_beside_one_that_dies(paths: Paths, presence: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that lives closes the other's rows, and frees the memory of its sound."""
    monkeypatch.setattr(leftovers, "EVERY_S", 0.01)
    await leave_call(paths, "orchestrator-1")
    record = open_record(paths, presence)
    looking = asyncio.create_task(tidy_after_the_dead(paths, presence, record))
    await asyncio.sleep(0.05)
    assert ended_by(paths) == {"orchestrator-1": None}

    presence.living = set()

    async with asyncio.timeout(5):
        while any(paths.chunks.iterdir()) or None in ended_by(paths).values():  # noqa: ASYNC110 - a thread writes
            await asyncio.sleep(0.01)
    looking.cancel()
    record.close()
