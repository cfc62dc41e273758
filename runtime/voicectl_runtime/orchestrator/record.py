"""The record of every call: rows that survive whatever happens to this process, written by one thread of its own."""

import asyncio
import json
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

_log: Final = logging.getLogger(__name__)

BUSY_S: Final = 0.25
"""How long a write waits for another process's lock before the call goes on without it."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS calls(
    id TEXT PRIMARY KEY, sip_call_id TEXT, caller TEXT, caller_name TEXT, started REAL, answered REAL, ended REAL,
    ended_by TEXT, disclosed INTEGER, recording TEXT, audio_gap_ms REAL DEFAULT 0, degraded TEXT);
CREATE TABLE IF NOT EXISTS turns(
    call_id TEXT, number INTEGER, said TEXT, answer TEXT, source TEXT, answer_id TEXT, score REAL, interrupted INTEGER,
    PRIMARY KEY(call_id, number));
CREATE TABLE IF NOT EXISTS events(call_id TEXT, turn INTEGER, name TEXT, at_ms REAL, detail TEXT);
CREATE TABLE IF NOT EXISTS messages(call_id TEXT, taken REAL, said TEXT, recording TEXT);
CREATE INDEX IF NOT EXISTS calls_by_start ON calls(started);
CREATE INDEX IF NOT EXISTS events_by_call ON events(call_id);
"""


_WRITE_TURN: Final = "INSERT OR REPLACE INTO turns VALUES(?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class Write:
    """One statement that waits for the thread."""

    statement: str
    values: Sequence[Any]
    done: Callable[[Exception | None], None] | None = None


class Record:
    """SQLite in WAL mode with synchronous=FULL; what is written together is committed together."""

    def __init__(self, path: Path) -> None:
        """Open or make the file, and close what a crash left open."""
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("PRAGMA secure_delete=ON")
        self._database.executescript(_SCHEMA)
        self._database.execute("UPDATE calls SET ended=?, ended_by='crash' WHERE ended IS NULL", (time.time(),))
        self._writes: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="record")
        self._thread.start()

    async def write(self, statement: str, *values: object) -> bool:
        """Returns once the row is durable; False when it could not be written, which no call must suffer from."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[bool] = loop.create_future()

        def settle(error: Exception | None) -> None:
            if not written.done():
                written.set_result(error is None)

        self._writes.put(Write(statement, values, lambda error: _back(loop, settle, error)))
        return await written

    def write_soon(self, statement: str, *values: object) -> None:
        """The same without waiting; failures are logged."""
        self._writes.put(Write(statement, values))

    def close(self) -> None:
        """Write what is left, and close the file."""
        self._writes.put(None)
        self._thread.join()
        self._database.close()

    def _work(self) -> None:
        while (first := self._writes.get()) is not None:
            batch: list[Write | None] = [first]
            while not self._writes.empty():
                batch.append(self._writes.get())
            self._commit([write for write in batch if write is not None])
            if batch[-1] is None:
                return

    def _commit(self, batch: list[Write]) -> None:
        error: Exception | None = None
        try:
            self._database.execute("BEGIN IMMEDIATE")
            for write in batch:
                self._database.execute(write.statement, write.values)
            self._database.execute("COMMIT")
        except sqlite3.Error as failure:  # the disk is full, or another process holds the lock
            error = failure
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            _log.error("record_failed", extra={"why": str(failure), "writes": len(batch)})
        for write in batch:
            if write.done is not None:
                write.done(error)


def _back(loop: asyncio.AbstractEventLoop, settle: Callable[[Exception | None], None], error: Exception | None) -> None:
    try:
        loop.call_soon_threadsafe(settle, error)
    except RuntimeError:
        # The loop has closed under a call that was ending: nobody waits any more.
        return


@dataclass(frozen=True)
class TurnRow:
    """What was said, and what was heard in answer."""

    number: int
    said: str
    answer: str
    source: str
    answer_id: str | None = None
    score: float | None = None
    interrupted: bool = False


class CallRecord:
    """One call's rows."""

    def __init__(self, record: Record, call_id: str) -> None:
        self._record, self.call_id = record, call_id
        self.turn = 0
        """The number of the newest turn, which events belong to."""
        self.degraded: set[str] = set()
        """Engines that failed or were replaced during the call."""

    async def begin(self, sip_call_id: str, caller: str, caller_name: str) -> bool:
        """The row that must stand before the call is answered."""
        return await self._record.write(
            "INSERT INTO calls(id, sip_call_id, caller, caller_name, started, disclosed) VALUES(?, ?, ?, ?, ?, 0)",
            *(self.call_id, sip_call_id, caller, caller_name, time.time()),
        )

    def answered(self) -> None:
        """The call was answered just now."""
        self._record.write_soon("UPDATE calls SET answered=? WHERE id=?", time.time(), self.call_id)

    def disclosed(self) -> None:
        """The caller was told that a machine speaks."""
        self._record.write_soon("UPDATE calls SET disclosed=1 WHERE id=?", self.call_id)

    async def write_turn(self, turn: TurnRow) -> bool:
        """One turn; written again when it is known how much of its answer was heard."""
        return await self._record.write(_WRITE_TURN, self.call_id, *astuple(turn))

    def write_turn_soon(self, turn: TurnRow) -> None:
        """The same while the caller waits for sound."""
        self._record.write_soon(_WRITE_TURN, self.call_id, *astuple(turn))

    def note(self, name: str, at_ms: float, detail: dict[str, object], turn: int | None = None) -> None:
        """An event of the timeline; it belongs to the newest turn unless another is named."""
        if name in {"engine_failed", "engine_replaced"}:
            self.degraded.add(str(detail["engine"]))
        self._record.write_soon(
            "INSERT INTO events VALUES(?, ?, ?, ?, ?)",
            *(self.call_id, turn or self.turn or None, name, round(at_ms, 1), json.dumps(detail)),
        )

    async def take_message(self, said: str, recording: Path | None) -> bool:
        """A message that the caller left."""
        return await self._record.write(
            "INSERT INTO messages VALUES(?, ?, ?, ?)",
            *(self.call_id, time.time(), said, str(recording) if recording else None),
        )

    async def end(self, ended_by: str, recording: Path | None, audio_gap_ms: float, degraded: str | None) -> bool:
        """The call is over."""
        return await self._record.write(
            "UPDATE calls SET ended=?, ended_by=?, recording=?, audio_gap_ms=?, degraded=? WHERE id=?",
            *(time.time(), ended_by, str(recording) if recording else None, round(audio_gap_ms, 1), degraded),
            self.call_id,
        )
