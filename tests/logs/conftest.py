"""A record of calls as the orchestrator leaves it."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCHEMA = """
CREATE TABLE calls(id TEXT PRIMARY KEY, sip_call_id TEXT, caller TEXT, caller_name TEXT, started REAL, answered REAL,
  ended REAL, ended_by TEXT, disclosed INTEGER, recording TEXT, audio_gap_ms REAL DEFAULT 0, degraded TEXT);
CREATE TABLE turns(call_id TEXT, number INTEGER, said TEXT, answer TEXT, source TEXT, answer_id TEXT, score REAL,
  interrupted INTEGER, PRIMARY KEY(call_id, number));
CREATE TABLE events(call_id TEXT, turn INTEGER, name TEXT, at_ms REAL, detail TEXT);
"""
CALL: dict[str, Any] = {
    "sip_call_id": "abc",
    "caller": "phone",
    "caller_name": "",
    "started": 1_700_000_000.0,
    "answered": 1_700_000_000.1,
    "ended": 1_700_000_030.0,
    "ended_by": "caller",
    "disclosed": 1,
    "recording": None,
    "audio_gap_ms": 0.0,
    "degraded": None,
}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """An empty record."""
    path = tmp_path / "calls.db"
    with sqlite3.connect(path) as record:
        record.execute("PRAGMA journal_mode=WAL")
        record.executescript(SCHEMA)
    record.close()
    return path


@pytest.fixture
def add(database: Path) -> Callable[..., None]:
    """Write a row into one of the record's tables."""

    def _add(table: str, **values: Any) -> None:
        row = {**CALL, **values} if table == "calls" else values
        marks = ", ".join("?" * len(row))
        record = sqlite3.connect(database)
        with record:
            record.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608
        record.close()

    return _add
