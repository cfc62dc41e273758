"""A phone's document of a call and the agent's own record of it, made one."""

import time
from collections.abc import Callable
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
        row = _closed_row(record, str(document.get("sip_call_id")), sleep) if document.get("answered") else None
        events = record.events(row.id) if row else []
        answers = {turn.number: turn for turn in record.turns(row.id)} if row else {}
    except ServiceError as error:
        return {**document, "call_id": None, "record": error.problem}
    turns = []
    for turn in document.get("turns", ()):
        number, moments = moments_heard(events, turn)
        answer = answers.get(number) if number is not None else None
        own = {
            "source": answer.source if answer else None,
            "timeline_ms": offsets_ms(moments),
            "stages_ms": stages_ms(moments),
            "cut_off": was_cut_off(events, turn),
        }
        turns.append({**turn, **own})
    return {**document, "turns": turns, "call_id": row.id if row else None}


def _closed_row(record: Record, sip_call_id: str, sleep: Callable[[float], None]) -> CallRow | None:
    waited_s = 0.0
    while True:
        row = record.call_of_phone(sip_call_id)
        if (row is not None and row.ended is not None) or waited_s >= _PATIENCE_S:
            return row
        sleep(_POLL_S)
        waited_s += _POLL_S
