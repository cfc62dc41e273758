"""The record of calls, `state/calls.db`: the orchestrator writes it, this only reads."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from voicectl.errors import ServiceError

_BUSY_S: Final = 5.0
_CALL: Final = (
    "SELECT id, sip_call_id, caller, caller_name, started, answered, ended, ended_by, recording, audio_gap_ms, "
    "degraded, (SELECT count(*) FROM turns WHERE call_id = calls.id AND said <> '') AS turns FROM calls "
)


@dataclass(frozen=True)
class CallRow:
    """One call; times are Unix seconds."""

    id: str
    sip_call_id: str
    caller: str
    caller_name: str
    started: float
    answered: float | None
    ended: float | None
    ended_by: str | None
    recording: str | None
    audio_gap_ms: float
    degraded: str | None
    turns: int
    """In which the caller said something; the greeting is not one."""


@dataclass(frozen=True)
class TurnRow:
    """What the caller said and what the agent answered."""

    number: int
    said: str
    answer: str
    source: str
    answer_id: str | None
    score: float | None
    interrupted: bool


@dataclass(frozen=True)
class Event:
    """Something that happened in a call, in milliseconds of CLOCK_MONOTONIC."""

    turn: int | None
    name: str
    at_ms: float
    detail: Any


class Record:
    """One agent's record of calls."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def calls(self, most: int) -> list[CallRow]:
        """The newest calls first."""
        return self._calls("ORDER BY started DESC, id DESC LIMIT ?", most)

    def call(self, call_id: str) -> CallRow:
        """One call by its id.

        Raises:
            ServiceError: there is none; the line names the nearest id, or the latest.
        """
        found = self._calls("WHERE id = ?", call_id)
        if not found:
            raise self._unknown(call_id)
        return found[0]

    def calls_of_phone(self, sip_call_id: str) -> list[CallRow]:
        """The calls that a phone knows by one SIP Call-ID, in order."""
        return self._calls("WHERE sip_call_id = ? ORDER BY started, id", sip_call_id)

    def turns(self, call_id: str) -> list[TurnRow]:
        """What was said in a call, in order."""
        columns = "number, said, answer, source, answer_id, score, interrupted"
        rows = self._rows(f"SELECT {columns} FROM turns WHERE call_id = ? ORDER BY number", call_id)  # noqa: S608 - no value in it
        return [TurnRow(**{**row, "interrupted": bool(row["interrupted"])}) for row in rows]

    def events(self, call_id: str) -> list[Event]:
        """What happened in a call, in the order of time."""
        rows = self._rows("SELECT turn, name, at_ms, detail FROM events WHERE call_id = ? ORDER BY at_ms", call_id)
        return [Event(row["turn"], row["name"], row["at_ms"], _detail(row["detail"])) for row in rows]

    def _calls(self, where: str, value: object) -> list[CallRow]:
        return [CallRow(**row) for row in self._rows(_CALL + where, value)]

    def _rows(self, query: str, value: object) -> list[dict[str, Any]]:
        with self._open() as database:
            return [dict(row) for row in database.execute(query, (value,))]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Read-only; the words of SQLite become a line for the operator."""
        try:
            if not self._path.exists():
                fix = "deploy the agent and call it: voicectl deploy, then voicectl call"
                raise ServiceError("E541", str(self._path), "there is no record of calls yet", fix=fix)
            database = sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True, timeout=_BUSY_S)
            try:
                database.row_factory = sqlite3.Row
                yield database
            finally:
                database.close()
        except (sqlite3.Error, PermissionError) as error:  # the folder of the record is closed to strangers
            fix = "run the command as root, or see `voicectl logs orchestrator`"
            raise ServiceError("E542", str(self._path), f"the record cannot be read ({error})", fix=fix) from error

    def _unknown(self, call_id: str) -> ServiceError:
        known = [call.id for call in self.calls(1000)]
        near = get_close_matches(call_id, known, n=1, cutoff=0.7)
        if near:
            fix = f"did you mean {near[0]}?"
        elif known:
            fix = f"the latest is {known[0]}; `voicectl logs --calls` lists them all"
        else:
            fix = "no call was recorded yet: place one with `voicectl call`"
        return ServiceError("E543", "--call", f"there is no call {call_id[:64]!r}", fix=fix)


def _detail(text: str | None) -> Any:
    """What the orchestrator noted beside an event; a note that is not JSON is shown as it stands."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
