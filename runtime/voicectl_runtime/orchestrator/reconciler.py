"""Calls that never reached an orchestrator get their rows from Asterisk's own events: nothing ends unrecorded."""

import asyncio
import csv
import hashlib
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from voicectl_runtime.orchestrator.record import Record

_log: Final = logging.getLogger(__name__)

EVERY_S: Final = 5.0
MOST_BYTES: Final = 1 << 20
"""Read at a time."""
KINDS: Final = frozenset({"busy", "failed", "rejected"})
"""The dialplan's own events: all lines were taken; no orchestrator took the call; the caller sent what must not be."""
_COLUMNS: Final = 8


@dataclass(frozen=True)
class Missed:
    """A call that the dialplan ended by itself."""

    kind: str
    at_s: float
    """Unix time."""
    caller: str
    sip_call_id: str

    @property
    def call_id(self) -> str:
        """The same whenever the event is read again."""
        digest = hashlib.sha256(self.sip_call_id.encode()).hexdigest()[:6]
        return f"{datetime.fromtimestamp(self.at_s, UTC):%Y%m%d-%H%M%S}-{digest}"


class Reconciler:
    """Reads on where the record says that it has read to."""

    def __init__(self, events: Path, record: Record) -> None:
        """`events` is the file to which Asterisk writes its call events."""
        self._events, self._record = events, record

    async def run(self) -> None:
        """Look again and again."""
        read_to = self._record.read_to(self._events.name)
        while True:
            read_to = await asyncio.to_thread(self.look, read_to)
            await asyncio.sleep(EVERY_S)

    def look(self, read_to: int) -> int:
        """Write rows for what has come since; returns up to where the file is read now."""
        text, size = self._news(read_to)
        if not text:
            return size
        for missed in parse(text):
            _log.warning("call_missed", extra={"kind": missed.kind, "sip_call_id": missed.sip_call_id})
            self._record.add_missed(missed.call_id, missed.sip_call_id, missed.caller, missed.at_s, missed.kind)
        self._record.note_read_to(self._events.name, size)
        return size

    def _news(self, read_to: int) -> tuple[str, int]:
        """Whole lines only, and where they end; from the beginning again when somebody emptied the file."""
        try:
            with self._events.open("rb") as events:
                start = read_to if events.seek(0, io.SEEK_END) >= read_to else 0
                events.seek(start)
                whole, newline, _ = events.read(MOST_BYTES).rpartition(b"\n")
        except OSError:
            return "", read_to  # no call yet
        return whole.decode("utf-8", "replace"), start + len(whole) + len(newline)


def parse(text: str) -> Iterator[Missed]:
    """The calls that the dialplan ended; every other event, and whatever is none, is passed over."""
    try:
        for row in csv.reader(io.StringIO(text, newline="")):
            if len(row) == _COLUMNS and row[0] in KINDS:
                yield Missed(row[0], datetime.fromisoformat(row[1]).timestamp(), row[2], json.loads(row[7])["extra"])
    except (csv.Error, ValueError, KeyError, TypeError) as error:
        _log.error("call_events_not_understood", extra={"why": str(error)})
