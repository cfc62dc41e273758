"""The file behind the record: SQLite in WAL mode, each batch whole or not at all; a way on when it is not fit."""

import logging
import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

_log: Final = logging.getLogger(__name__)

BUSY_S: Final = 0.25
"""How long a write waits for another process's lock before the call goes on without it."""
RESERVE_BYTES: Final = 4 << 20
"""Given up when the disk is full: enough for the rows of some thousand turns, until somebody has read the alarm."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS calls(
    id TEXT PRIMARY KEY, sip_call_id TEXT, caller TEXT, caller_name TEXT, started REAL, answered REAL, ended REAL,
    ended_by TEXT, disclosed INTEGER, recording TEXT, audio_gap_ms REAL DEFAULT 0, degraded TEXT, owner TEXT);
CREATE TABLE IF NOT EXISTS turns(
    call_id TEXT, number INTEGER, said TEXT, answer TEXT, source TEXT, answer_id TEXT, score REAL, interrupted INTEGER,
    PRIMARY KEY(call_id, number));
CREATE TABLE IF NOT EXISTS events(call_id TEXT, turn INTEGER, name TEXT, at_ms REAL, detail TEXT);
CREATE TABLE IF NOT EXISTS messages(call_id TEXT, taken REAL, said TEXT, recording TEXT);
CREATE TABLE IF NOT EXISTS digits(call_id TEXT, taken REAL, answer_id TEXT, typed TEXT);
CREATE TABLE IF NOT EXISTS read_to(file TEXT PRIMARY KEY, bytes INTEGER);
CREATE INDEX IF NOT EXISTS calls_by_start ON calls(started);
CREATE INDEX IF NOT EXISTS calls_by_phone ON calls(sip_call_id);
CREATE INDEX IF NOT EXISTS events_by_call ON events(call_id);
"""
_LATER: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_FULL: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class DamagedError(sqlite3.DatabaseError):
    """SQLite can read the file, but what stands there cannot be true."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


Statement = tuple[str, Sequence[Any]]


def may_work_later(error: sqlite3.Error) -> bool:
    """Whether nothing is wrong with the statement itself: the file is locked, or its disk is full."""
    return _code(error) in _LATER | _DAMAGED


class Ledger:
    """One open file; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; one that is damaged is moved aside.

        Raises:
            sqlite3.Error: there cannot be such a file here.
        """
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._path, self._reserve = path, path.with_suffix(".reserve")
        try:
            self._database = self._open()
        except sqlite3.DatabaseError as error:
            if _code(error) not in _DAMAGED:
                raise
            self._move_aside(error)
            self._database = self._open()
        self._make_reserve()

    def commit(self, statements: Sequence[Statement]) -> None:
        """Make all of them durable, or none.

        Raises:
            sqlite3.Error: none was written; `may_work_later` tells whether to try again.
        """
        try:
            self._execute(statements)
        except sqlite3.DatabaseError as error:
            if _code(error) in _DAMAGED:
                self._begin_anew(error)
            elif _code(error) not in _FULL or not self._give_up_reserve():
                raise
            self._execute(statements)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
                database.execute(f"PRAGMA {pragma}")
            if not _is_sound(database):
                raise DamagedError
            database.executescript(_SCHEMA)
            _add_owner(database)
        except sqlite3.Error:
            database.close()
            raise
        return database

    def _execute(self, statements: Iterable[Statement]) -> None:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            for statement, values in statements:
                self._database.execute(statement, values)
            self._database.execute("COMMIT")
        except sqlite3.Error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def _begin_anew(self, error: sqlite3.Error) -> None:
        self._database.close()
        self._move_aside(error)
        self._database = self._open()

    def _move_aside(self, error: sqlite3.Error) -> None:
        """Nothing is deleted: `sqlite3 FILE .recover` gets most of it back."""
        aside = self._path.with_name(f"{self._path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path)) as database:
            if _is_sound(database):
                return  # another orchestrator has moved the damaged file already, and this is its new one
        for ending in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                self._path.with_name(self._path.name + ending).rename(aside.with_name(aside.name + ending))
        _log.critical(
            "record_damaged", extra={"why": str(error), "moved_to": str(aside), "fix": f"sqlite3 {aside} .recover"}
        )

    def _make_reserve(self) -> None:
        try:
            with self._reserve.open("ab") as reserve:
                os.posix_fallocate(reserve.fileno(), 0, RESERVE_BYTES)
        except OSError as error:
            self._reserve.unlink(missing_ok=True)
            _log.error("disk_full", extra={"file": str(self._path), "why": f"no room for a reserve: {error.strerror}"})

    def _give_up_reserve(self) -> bool:
        if not self._reserve.exists():
            return False
        self._reserve.unlink()
        _log.critical("disk_full", extra={"file": str(self._path), "why": "the record lives on its last reserve"})
        return True


def _add_owner(database: sqlite3.Connection) -> None:
    """Files of an earlier version do not say which process a call belongs to."""
    if not database.execute("SELECT 1 FROM pragma_table_info('calls') WHERE name='owner'").fetchone():
        database.execute("ALTER TABLE calls ADD COLUMN owner TEXT")


def _is_sound(database: sqlite3.Connection) -> bool:
    health: str = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    return health == "ok"


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary code; a program's own mistake has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
