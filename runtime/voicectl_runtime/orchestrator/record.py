"""The record of every call: rows that survive whatever happens to this process, written by one thread of its own."""

import asyncio
import json
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

from voicectl_runtime.orchestrator.ledger import BUSY_S, Ledger, may_work_later

_log: Final = logging.getLogger(__name__)

AGAIN_S: Final = 1.0
"""After this long what could not be written is tried again."""
MOST_LATE: Final = 50_000
"""So many writes are kept in memory, some hours of a busy phone; then the oldest ones are given up."""

_WRITE_TURN: Final = "INSERT OR REPLACE INTO turns VALUES(?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class Write:
    """One statement that waits for the thread."""

    statement: str
    values: Sequence[Any]
    done: Callable[[Exception | None], None] | None = None


class Record:
    """What is written together is committed together; what cannot be written now is kept, in order, and tried again."""

    def __init__(self, path: Path, owner: str = "") -> None:
        """Open or make the file; `owner` is the name of this orchestrator, to whom new rows belong."""
        self.owner: Final = owner
        self._path, self._ledger = path, Ledger(path)
        self._writes: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._late: list[Write] = []
        self._thread = threading.Thread(target=self._work, name="record")
        self._thread.start()

    async def write(self, statement: str, *values: object) -> bool:
        """Returns once the row is durable; False when it could not be written yet, which no call must suffer from."""
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

    def close_rows(self, living: Collection[str]) -> None:
        """Calls whose orchestrator is not among the living ended when it died."""
        dead = "ended IS NULL AND (owner IS NULL OR owner NOT IN (SELECT value FROM json_each(?)))"
        statement = f"UPDATE calls SET ended=?, ended_by='crash' WHERE {dead}"  # noqa: S608 - no value in it
        self.write_soon(statement, time.time(), json.dumps(list(living)))

    def open_calls(self, owners: Collection[str]) -> set[str]:
        """The calls that these orchestrators hold."""
        mine = "SELECT id FROM calls WHERE ended IS NULL AND owner IN (SELECT value FROM json_each(?))"
        with closing(sqlite3.connect(self._path, timeout=BUSY_S)) as database:
            return {call_id for (call_id,) in database.execute(mine, [json.dumps(list(owners))])}

    def add_missed(self, call_id: str, sip_call_id: str, caller: str, at_s: float, ended_by: str) -> None:
        """A call that no orchestrator took, unless one did after all."""
        columns = "id, sip_call_id, caller, caller_name, started, ended, ended_by, disclosed"
        unknown = "NOT EXISTS(SELECT 1 FROM calls WHERE sip_call_id = ?)"
        statement = f"INSERT INTO calls({columns}) SELECT ?, ?, ?, '', ?, ?, ?, 0 WHERE {unknown}"
        self.write_soon(statement, call_id, sip_call_id, caller, at_s, at_s, ended_by, sip_call_id)

    def read_to(self, file: str) -> int:
        """How far the call events in a file are in the record, in bytes."""
        with closing(sqlite3.connect(self._path, timeout=BUSY_S)) as database:
            found = database.execute("SELECT bytes FROM read_to WHERE file = ?", [file]).fetchone()
            return int(found[0]) if found else 0

    def note_read_to(self, file: str, size: int) -> None:
        """From here on these events need not be read again."""
        self.write_soon("INSERT OR REPLACE INTO read_to VALUES(?, ?)", file, size)

    def close(self) -> None:
        """Write what is left, and close the file."""
        self._writes.put(None)
        self._thread.join()
        self._ledger.close()

    def _work(self) -> None:
        is_open = True
        while is_open:
            batch = self._next()
            is_open = None not in batch
            self._commit([write for write in batch if write is not None])

    def _next(self) -> list[Write | None]:
        """All that waits; nothing after a while in which only late writes did."""
        try:
            batch = [self._writes.get(timeout=AGAIN_S if self._late else None)]
        except queue.Empty:
            return []
        while not self._writes.empty():
            batch.append(self._writes.get())
        return batch

    def _commit(self, batch: list[Write]) -> None:
        error: sqlite3.Error | None = None
        try:
            self._ledger.commit([(each.statement, each.values) for each in (*self._late, *batch)])
        except sqlite3.Error as failure:
            error = failure
            _log.error("record_failed", extra={"why": str(failure), "writes": len(batch), "late": len(self._late)})
        for write in batch:
            if write.done is not None:
                write.done(error)
        if error is None:
            self._late.clear()
        elif may_work_later(error):
            self._late = [*self._late, *batch][-MOST_LATE:]
        else:
            self._late = [write for write in (*self._late, *batch) if self._is_late(write)]

    def _is_late(self, write: Write) -> bool:
        """Alone, so that a statement that cannot succeed takes no other along."""
        try:
            self._ledger.commit([(write.statement, write.values)])
        except sqlite3.Error as error:
            return may_work_later(error)
        return False


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
        columns = "id, owner, sip_call_id, caller, caller_name, started, disclosed"
        return await self._record.write(
            f"INSERT INTO calls({columns}) VALUES(?, ?, ?, ?, ?, ?, 0)",
            *(self.call_id, self._record.owner, sip_call_id, caller, caller_name, time.time()),
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

    def keep_digits(self, answer_id: str, typed: str) -> None:
        """What the caller typed when an answer of the script asked for it."""
        self._record.write_soon("INSERT INTO digits VALUES(?, ?, ?, ?)", self.call_id, time.time(), answer_id, typed)

    async def end(self, ended_by: str, recording: Path | None, audio_gap_ms: float, degraded: str | None) -> bool:
        """The call is over."""
        return await self._record.write(
            "UPDATE calls SET ended=?, ended_by=?, recording=?, audio_gap_ms=?, degraded=? WHERE id=?",
            *(time.time(), ended_by, str(recording) if recording else None, round(audio_gap_ms, 1), degraded),
            self.call_id,
        )
