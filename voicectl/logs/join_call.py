"""A phone's document of a call and the agent's own record of it, made one."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from voicectl.errors import ServiceError
from voicectl.logs.record import CallRow, Record
from voicectl.logs.timeline import moments_heard, offsets_ms, stages_ms, was_cut_off

_PATIENCE_S: Final = 3.0  # the agent closes its row a moment after the phone has hung up
_POLL_S: Final = 0.1


def join_record(
    document: dict[str, Any], record_file: Path, *, sleep: Callable[[float], None] = time.sleep
) -> dict[str, Any]:
    """The document with the agent's call id and, in each turn, the timeline, the stages and the source of the answer.

    A record that cannot be read takes nothing away from what the phone has measured: the reason is noted.
    """
    record = Record(record_file)
    try:
        rows = _closed_rows(record, str(document.get("sip_call_id")), sleep) if document.get("answered") else []
        talks = [_Talk(record, row) for row in rows]
    except ServiceError as error:
        return {**document, "call_id": None, "record": error.problem}
    turns = [{**turn, **_own(talks, turn)} for turn in document.get("turns", ())]
    return {**document, "turns": turns, "call_id": rows[0].id if rows else None}


class _Talk:
    """What the agent wrote down of one call."""

    def __init__(self, record: Record, row: CallRow) -> None:
        self.events = record.events(row.id)
        self.sources = {turn.number: turn.source for turn in record.turns(row.id)}


def _own(talks: Sequence[_Talk], turn: Mapping[str, Any]) -> dict[str, Any]:
    """The agent's side of one turn of the phone."""
    source, moments = None, dict[str, float]()
    for talk in talks:
        number, moments = moments_heard(talk.events, turn)
        if number is not None:
            source = talk.sources.get(number)
            break
    return {
        "source": source,
        "timeline_ms": offsets_ms(moments),
        "stages_ms": stages_ms(moments),
        "cut_off": any(was_cut_off(talk.events, turn) for talk in talks),
    }


def _closed_rows(record: Record, sip_call_id: str, sleep: Callable[[float], None]) -> list[CallRow]:
    """A phone's call is a second one of the agent's where a transfer brought it back."""
    waited_s = 0.0
    while True:
        rows = record.calls_of_phone(sip_call_id)
        if (rows and rows[-1].ended is not None) or waited_s >= _PATIENCE_S:
            return rows
        sleep(_POLL_S)
        waited_s += _POLL_S
