"""The record as JSON documents; times of day are ISO-8601, moments of a turn milliseconds after the caller stopped."""

from datetime import UTC, datetime
from typing import Any

from voicectl.logs.record import CallRow, Record, TurnRow
from voicectl.logs.timeline import moments_of_turn, offsets_ms


def calls_document(record: Record, most: int) -> dict[str, Any]:
    """The list of calls, newest first."""
    return {"ok": True, "calls": [describe_call(call) for call in record.calls(most)]}


def call_document(record: Record, call_id: str) -> dict[str, Any]:
    """One call with its turns and everything that happened in it."""
    call = record.call(call_id)
    events = record.events(call.id)
    start_ms = events[0].at_ms if events else 0.0
    turns = [_describe_turn(turn, offsets_ms(moments_of_turn(events, turn.number))) for turn in record.turns(call.id)]
    happened = [
        {"turn": event.turn, "event": event.name, "at_ms": round(event.at_ms - start_ms, 1), "detail": event.detail}
        for event in events
    ]
    return {"ok": True, "call": {**describe_call(call), "turns": turns, "events": happened}}


def describe_call(call: CallRow) -> dict[str, Any]:
    """One row of the list."""
    return {
        "id": call.id,
        "sip_call_id": call.sip_call_id,
        "caller": call.caller,
        "caller_name": call.caller_name,
        "started": _iso(call.started),
        "answered": _iso(call.answered),
        "ended": _iso(call.ended),
        "ended_by": call.ended_by,
        "turns": call.turns,
        "recording": call.recording,
        "audio_gap_ms": call.audio_gap_ms,
        "degraded": call.degraded,
    }


def _describe_turn(turn: TurnRow, timeline_ms: dict[str, float]) -> dict[str, Any]:
    return {
        "number": turn.number,
        "said": turn.said,
        "answer": turn.answer,
        "source": turn.source,
        "answer_id": turn.answer_id,
        "score": turn.score,
        "interrupted": turn.interrupted,
        "timeline_ms": timeline_ms,
    }


def _iso(unix_s: float | None) -> str | None:
    return None if unix_s is None else datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds")
