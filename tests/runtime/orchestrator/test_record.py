"""The record of calls: durable, and never in a call's way."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

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

    Record(path).close()

    assert rows(path, "SELECT ended_by, ended IS NOT NULL FROM calls") == [("crash", 1)]


async def test_a_locked_file_does_not_stop_a_call(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The write is given up after a moment, a log line says so, and the next one works."""
    record = Record(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert not await CallRecord(record, "c1").begin("", "", "")
    finally:
        other.execute("ROLLBACK")
        other.close()

    assert await CallRecord(record, "c2").begin("", "", "")
    record.close()
    assert [line.message for line in caplog.records] == ["record_failed"]
    assert rows(path, "SELECT id FROM calls") == [("c2",)]


async def test_a_full_disk_does_not_stop_a_call(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """SQLite's own limit on pages stands in for the disk's."""
    record = Record(path)
    record._database.execute("PRAGMA max_page_count=8")
    written = [await CallRecord(record, f"c{n}").begin("x" * 1000, "", "") for n in range(40)]
    record.close()

    assert not all(written)
    assert "full" in caplog.records[0].__dict__["why"]


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

    Record(path).close()

    kept = {id_ for (id_,) in rows(path, "SELECT id FROM calls JOIN turns ON call_id = id WHERE ended_by = 'crash'")}
    assert len(acknowledged) >= 100
    assert set(acknowledged) <= kept
