"""A call as a JSON document; times of the turns are milliseconds of CLOCK_MONOTONIC, as in the agent's own record."""

from voicectl_runtime.caller.call import Call
from voicectl_runtime.caller.conversation import Turn
from voicectl_runtime.caller.job import TurnJob
from voicectl_runtime.caller.schedule import Beat


def describe_call(call: Call, jobs: tuple[TurnJob, ...], beat: Beat) -> dict[str, object]:
    """Everything about a call that was measured; what was heard is filled in afterwards."""
    outcome = call.outcome
    numbered = enumerate(zip(jobs, call.conversation.turns, strict=True), 1)
    return {
        "answered": outcome.answered,
        "status": outcome.status,
        "reason": outcome.reason,
        "sip_call_id": call.session.dialog.call_id,
        "codec": call.codec or None,
        "answered_after_ms": _between_ms(outcome.invited_s, outcome.answered_s),
        "lasted_ms": _between_ms(outcome.answered_s, outcome.ended_s),
        "ended_by": outcome.ended_by,
        "recording": None,
        "greeting": _greeting(call.conversation.greeting),
        "turns": [{"number": number, **_turn(job, turn)} for number, (job, turn) in numbered],
        "rtp": _rtp(call, beat),
    }


def _greeting(turn: Turn) -> dict[str, object]:
    return {
        "heard": None,
        "first_audio_ms": _ms(turn.voice_to_voice_s),
        "first_audio_heard_at_ms": _ms(turn.answered_s),
        "agent_audio_ms": _between_ms(turn.answered_s, turn.answer_ended_s),
        "lost": turn.lost,
    }


def _turn(job: TurnJob, turn: Turn) -> dict[str, object]:
    return {
        "said": job.said,
        "expected": job.expect,
        "heard": None,
        "right": None,
        "voice_to_voice_ms": _ms(turn.voice_to_voice_s),
        "agent_audio_ms": _between_ms(turn.answered_s, turn.answer_ended_s),
        "interrupted": turn.interrupted is not None,
        "interrupt_stop_ms": _ms(turn.interrupt_stop_s),
        "caller_started_at_ms": _ms(turn.started_s),
        "caller_stopped_at_ms": _ms(turn.stopped_s),
        "first_audio_heard_at_ms": _ms(turn.answered_s),
        "last_audio_heard_at_ms": _ms(turn.answer_ended_s),
        "lost": turn.lost,
    }


def _rtp(call: Call, beat: Beat) -> dict[str, object]:
    reception = call.media.reception
    return {
        "sent_packets": call.media.packets_sent,
        "sent_latest_ms": round(beat.latest_ms, 2),
        "received_packets": reception.packets,
        "received_lost": reception.lost,
        "received_late": reception.late,
        "received_longest_gap_ms": round(reception.longest_gap_ms, 2),
        "received_gaps_ms": {str(gap): count for gap, count in sorted(reception.gaps_ms.items())},
        "received_jitter_ms": round(reception.jitter_ms, 3),
    }


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


def _between_ms(start_s: float | None, end_s: float | None) -> float | None:
    return None if start_s is None or end_s is None else _ms(end_s - start_s)
