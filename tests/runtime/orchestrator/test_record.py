"""The record of calls: durable, and never in a call's way."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from voicectl_runtime.orchestrator import ledger
from voicectl_runtime.orchestrator import record as record_module
from voicectl_runtime.orchestrator.record import CallRecord, Record, TurnRow

WRITER = """
import asyncio, sys
from pathlib import Path
from voicectl_runtime.orchestrator.record import CallRecord, Record, TurnRow

async def main():
    record = Record(Path(sys.argv[1]))
    number = 0
    while True:
        call = CallRecord(record, f"{sys.argv[2]}-{number}")
        await call.begin("sip", "1555", "Jo")
        assert await call.write_turn(TurnRow(1, "said", "answer", "script"))
        print(call.call_id, flush=True)
        number += 1

asyncio.run(main())
"""


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    database = sqlite3.connect(path)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def damage(path: Path, first: int) -> None:
    """Write over all but the beginning."""
    path.write_bytes(path.read_bytes()[:first].ljust(path.stat().st_size, b"\xff"))


def start(path: Path) -> None:
    """What an orchestrator does first."""
    record = Record(path)
    record.close_rows(set())
    record.close()


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Four mebibytes, one of them kept in reserve."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=True)
    monkeypatch.setattr(ledger, "RESERVE_BYTES", 1 << 20)
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "calls.db"


async def test_a_call_from_begin_to_end(path: Path) -> None:
    """Every fact about a call stands in its rows."""
    record = Record(path)
    call = CallRecord(record, "c1")
    assert await call.begin("abc@host", "1555", "Jo")
    assert rows(path, "SELECT id, caller, ended FROM calls") == [("c1", "1555", None)]

    call.answered()
    call.disclosed()
    call.turn = 1
    await call.write_turn(TurnRow(1, "When?", "At nine.", "script", "hours", 0.8, interrupted=True))
    await call.write_turn(TurnRow(1, "When?", "At nine.", "script", "hours", 0.8))
    call.note("turn_committed", 12.34, {"cut": False})
    call.note("engine_replaced", 13.0, {"engine": "tts"})
    assert call.degraded == {"tts"}
    await call.take_message("Call me.", None)
    await call.end("caller", path, 12.0, "tts")
    record.close()

    assert rows(path, "SELECT ended_by, disclosed, audio_gap_ms, degraded FROM calls") == [("caller", 1, 12.0, "tts")]
    assert rows(path, "SELECT number, said, interrupted FROM turns") == [(1, "When?", 0)]
    assert rows(path, "SELECT turn, name, at_ms, detail FROM events") == [
        (1, "turn_committed", 12.3, '{"cut": false}'),
        (1, "engine_replaced", 13.0, '{"engine": "tts"}'),
    ]
    assert rows(path, "SELECT said FROM messages") == [("Call me.",)]
    assert rows(path, "PRAGMA journal_mode") == [("wal",)]


async def test_open_rows_are_closed_at_the_start(path: Path) -> None:
    """A call that a crash cut off is shown as that, never as still running."""
    record = Record(path)
    await CallRecord(record, "c1").begin("", "", "")
    record.close()

    start(path)

    assert rows(path, "SELECT ended_by, ended IS NOT NULL FROM calls") == [("crash", 1)]


async def test_rows_of_a_living_orchestrator_stay_open(path: Path) -> None:
    """At an update the new orchestrator starts while the old one still has calls."""
    old, crashed = Record(path, "orchestrator-1"), Record(path, "orchestrator-2")
    await CallRecord(old, "c1").begin("", "", "")
    await CallRecord(crashed, "c2").begin("", "", "")
    crashed.close()

    new = Record(path, "orchestrator-3")
    new.close_rows({"orchestrator-1", "orchestrator-3"})

    assert new.open_calls({"orchestrator-1"}) == {"c1"}
    new.close()
    old.close()
    assert rows(path, "SELECT id, ended_by FROM calls ORDER BY id") == [("c1", None), ("c2", "crash")]


async def test_a_record_of_an_earlier_version(path: Path) -> None:
    """It has no column for the owner; its open rows are closed like all others."""
    record = Record(path)
    await CallRecord(record, "c1").begin("", "", "")
    record.close()
    rows(path, "ALTER TABLE calls DROP COLUMN owner")

    start(path)

    assert rows(path, "SELECT ended_by, owner FROM calls") == [("crash", None)]


async def test_a_locked_file_does_not_stop_a_call(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The write is put off after a moment, a log line says so, and it is made up for in order."""
    record = Record(path)
    call = CallRecord(record, "c1")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not await call.begin("", "", "")
        assert not await call.write_turn(TurnRow(1, "said", "answer", "script"))

    assert await call.end("caller", None, 0.0, None)
    record.close()
    assert {line.message for line in caplog.records} == {"record_failed"}
    assert rows(path, "SELECT id, ended_by, said FROM calls JOIN turns ON call_id = id") == [("c1", "caller", "said")]


async def test_what_was_late_is_written_without_another_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that nobody follows for hours is in the record all the same."""
    monkeypatch.setattr(record_module, "AGAIN_S", 0.01)
    record = Record(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not await CallRecord(record, "c1").begin("", "", "")

    async with asyncio.timeout(5):
        while not rows(path, "SELECT id FROM calls"):  # noqa: ASYNC110 - another thread writes
            await asyncio.sleep(0.01)
    record.close()


async def test_a_statement_that_cannot_succeed_takes_no_other_along(path: Path) -> None:
    """The same call twice is a mistake; the turn that was written with it is not."""
    record = Record(path)
    call = CallRecord(record, "c1")
    await call.begin("", "", "")

    record.write_soon("INSERT INTO calls(id) VALUES('c1')")
    call.write_turn_soon(TurnRow(1, "said", "answer", "script"))
    record.close()

    assert rows(path, "SELECT said FROM turns") == [("said",)]


async def test_a_full_disk_does_not_stop_a_call(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The reserve keeps the record going, with an alarm; when that is used up too, no row is half."""
    path = small_disk / "calls.db"
    record = Record(path)
    written, number = True, 0
    while written:
        number += 1
        written = await CallRecord(record, f"c{number}").begin("x" * 1000, "", "")
        assert number < 10_000
    record.close()

    alarms = [line for line in caplog.records if line.levelname == "CRITICAL"]
    assert [line.message for line in alarms] == ["disk_full"]
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    kept = rows(path, "SELECT id, length(sip_call_id) FROM calls ORDER BY rowid")
    assert kept == [(f"c{each}", 1000) for each in range(1, number)]


async def test_room_on_the_disk_again(small_disk: Path) -> None:
    """What was put off is written as soon as there is room, and the next start has a reserve again."""
    path = small_disk / "calls.db"
    filler = small_disk / "filler"
    record = Record(path)
    filler.write_bytes(b"x" * 100_000)
    with filler.open("ab", buffering=0) as growing, suppress(OSError):
        while growing.write(b"x" * 4096):
            pass
    number, written = 0, True
    while written:
        number += 1
        written = await CallRecord(record, f"c{number}").begin("x" * 1000, "", "")
    filler.unlink()

    assert await CallRecord(record, "last").begin("", "", "")
    record.close()
    assert len(rows(path, "SELECT id FROM calls")) == number + 1
    start(path)
    assert path.with_suffix(".reserve").stat().st_size == 1 << 20


async def test_a_damaged_file_is_moved_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At the start: calls are taken, nothing is deleted, and the line says how to get the old rows back."""
    start(path)
    damage(path, 0)

    record = Record(path)
    assert await CallRecord(record, "c1").begin("", "", "")
    record.close()

    assert rows(path, "SELECT id FROM calls") == [("c1",)]
    (aside,) = path.parent.glob("calls.db.damaged-*")
    assert aside.read_bytes().startswith(b"\xff" * 4096)
    assert str(aside) in caplog.records[0].__dict__["fix"]


async def test_a_file_that_is_damaged_under_way(path: Path) -> None:
    """The row of the call that found it out is in the new file."""
    record = Record(path)
    for number in range(200):
        record.write_soon("INSERT INTO calls(id, caller) VALUES(?, ?)", f"c{number}", "x" * 500)
    record.close()
    damage(path, 4096)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "_is_sound", lambda _: True)
        record = Record(path)
    assert await CallRecord(record, "c7").begin("", "", "")
    record.close()

    assert rows(path, "SELECT id FROM calls") == [("c7",)]


async def test_a_loop_that_is_gone_is_no_error(path: Path) -> None:
    """A call that ends with the process leaves nothing to be told."""
    record = Record(path)
    writing = asyncio.create_task(CallRecord(record, "c1").begin("", "", ""))
    await asyncio.sleep(0)
    writing.cancel()
    record.close()
    await asyncio.gather(writing, return_exceptions=True)

    assert rows(path, "SELECT id FROM calls") == [("c1",)]


def test_acknowledged_rows_survive_kill(path: Path) -> None:
    """Whatever was acknowledged before SIGKILL is there afterwards, each time."""
    acknowledged: list[str] = []
    for run in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(run)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        acknowledged += [writer.stdout.readline().strip() for _ in range(20 + run * 7)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
        writer.stdout.close()
        writer.wait()

    start(path)

    kept = {id_ for (id_,) in rows(path, "SELECT id FROM calls JOIN turns ON call_id = id WHERE ended_by = 'crash'")}
    assert len(acknowledged) >= 100
    assert set(acknowledged) <= kept
