"""One turn on one clock: when the caller stopped, what the agent did then, and when it was heard."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from voicectl.logs.record import Event

MOMENTS: Final = (
    "caller_stopped",
    "turn_committed",
    "words_recognised",
    "answer_chosen",
    "first_audio_sent",
    "first_audio_heard",
)
"""In the order of cause; speculation may finish a later one first."""

STAGES: Final = {
    "turn_committed": "endpoint",
    "words_recognised": "recognise",
    "answer_chosen": "answer",
    "first_audio_sent": "speech",
    "first_audio_heard": "wire",
}
"""What the time up to a moment was spent on."""

_CLOCK_SLACK_MS: Final = 25.0  # a packet is heard at most a frame before the agent has noted it as sent


def moments_of_turn(events: Sequence[Event], number: int) -> dict[str, float]:
    """The agent's own moments of one of its turns; of a moment that came twice, the last."""
    return {event.name: event.at_ms for event in events if event.turn == number and event.name in MOMENTS}


def moments_heard(events: Sequence[Event], heard: Mapping[str, Any]) -> tuple[int | None, dict[str, float]]:
    """The agent's number for a turn of the phone, and its moments: the phone's two ends, and what the agent noted.

    The agent's numbers of turns are its own (a pause may have made two of one), so the turn is found by time: the last
    one whose audio was sent between the caller's first word and the answer's first packet.
    """
    started, stopped, answered = (
        heard[f"{name}_at_ms"] for name in ("caller_started", "caller_stopped", "first_audio_heard")
    )
    if started is None or stopped is None or answered is None:
        return None, {}
    sent = [
        event
        for event in events
        if event.name == "first_audio_sent" and started < event.at_ms <= answered + _CLOCK_SLACK_MS
    ]
    number = sent[-1].turn if sent else None
    own = moments_of_turn(events, number) if number is not None else {}
    return number, {**own, "caller_stopped": stopped, "first_audio_heard": answered}


def was_cut_off(events: Sequence[Event], heard: Mapping[str, Any]) -> bool:
    """Whether the agent took a turn of the phone for over while the phone was still to speak."""
    started, stopped = heard["caller_started_at_ms"], heard["caller_stopped_at_ms"]
    if started is None or stopped is None:
        return False
    return any(event.name == "turn_committed" and started < event.at_ms < stopped for event in events)


def offsets_ms(moments: Mapping[str, float]) -> dict[str, float]:
    """Each moment against the moment when the caller stopped."""
    if "caller_stopped" not in moments:
        return {}
    start = moments["caller_stopped"]
    return {name: round(moments[name] - start, 1) for name in MOMENTS if name in moments}


def stages_ms(moments: Mapping[str, float]) -> dict[str, float]:
    """What the caller waited for, stage by stage.

    Work that was done before the stage before it had ended costs the caller nothing, so the stages add up to the whole.
    """
    if not set(MOMENTS) <= set(moments):
        return {}
    reached, stages = moments["caller_stopped"], {}
    for name, stage in STAGES.items():
        stages[stage] = round(max(0.0, moments[name] - reached), 1)
        reached = max(reached, moments[name])
    return stages
