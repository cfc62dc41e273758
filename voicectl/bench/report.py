"""From the phone's documents of many calls to the benchmark's one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from voicectl.bench.statistics import percentile_of_counts, summarise
from voicectl.errors import CallError
from voicectl.logs.timeline import STAGES

SCHEMA: Final = "voicectl.bench/1"
PUBLISHED_MS: Final = 335
"""The voice-to-voice time that was published for such an agent without a method (three stages whose sum is 615 ms, on
a GPU): it stands beside what this machine was measured to do."""


def report(calls: Sequence[Mapping[str, Any]], *, about: Mapping[str, Any]) -> dict[str, Any]:
    """Stages and voice-to-voice over every turn that was answered; those that were not are counted, with the reason."""
    turns = [turn for call in calls for turn in call.get("turns", ())]
    measured = [turn for turn in turns if turn["voice_to_voice_ms"] is not None]
    staged = [turn for turn in measured if turn.get("stages_ms")]
    answered = [call for call in calls if call.get("answered")]
    return {
        "ok": bool(measured),
        **about,
        "calls": {"placed": len(calls), "answered": len(answered), "refused": _refusals(calls)},
        "turns": {
            "asked": len(turns),
            "different": len({turn["said"] for turn in turns}),
            "measured": len(measured),
            "lost": len(turns) - len(measured),
            "cut_off": sum(bool(turn.get("cut_off")) for turn in turns),
        },
        "lost": [{"said": turn["said"], "why": turn["lost"]} for turn in turns if turn["voice_to_voice_ms"] is None],
        "voice_to_voice_ms": summarise([turn["voice_to_voice_ms"] for turn in measured]),
        "published_ms": PUBLISHED_MS,
        "stages_ms": {stage: summarise([turn["stages_ms"][stage] for turn in staged]) for stage in STAGES.values()},
        "identity_ms": _identity(staged),
        "sources": _sources(measured),
        "rtp": _rtp(answered),
    }


def problem_of(document: Mapping[str, Any]) -> CallError | None:
    """Why there is no figure, if there is none."""
    if document["ok"]:
        return None
    why = "; ".join(document["calls"]["refused"]) or "no turn was answered"
    return CallError("E525", "the benchmark", why, fix="see `voicectl status`, and `voicectl logs`")


def _identity(staged: Sequence[Mapping[str, Any]]) -> float | None:
    """How far the stages of any turn are from adding up to what the caller waited."""
    gaps = [abs(sum(turn["stages_ms"].values()) - turn["voice_to_voice_ms"]) for turn in staged]
    return round(max(gaps), 1) if gaps else None


def _refusals(calls: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{call.get('status') or ''} {call.get('reason')}".strip() for call in calls if not call.get("answered")]


def _sources(turns: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Who answered: the script, a model, or the sentence that nothing was understood."""
    named = [str(turn.get("source") or "unknown") for turn in turns]
    return {source: named.count(source) for source in sorted(set(named))}


def _gaps(streams: Sequence[Mapping[str, Any]]) -> Counter[int]:
    """How often packets of one sentence came so many milliseconds apart, over all calls."""
    together: Counter[int] = Counter()
    for stream in streams:
        together.update({int(gap): count for gap, count in stream.get("received_gaps_ms", {}).items()})
    return together


def _rtp(calls: Sequence[Mapping[str, Any]]) -> dict[str, float | int | None]:
    """What would make the figures doubtful: lost packets, gaps, and a phone that was late itself."""
    streams = [call["rtp"] for call in calls]
    return {
        "received_packets": sum(stream["received_packets"] for stream in streams),
        "received_lost": sum(stream["received_lost"] for stream in streams),
        "gap_p99_9_ms": percentile_of_counts(_gaps(streams), 99.9),
        "longest_gap_ms": max((stream["received_longest_gap_ms"] for stream in streams), default=0.0),
        "phone_latest_ms": max((stream["sent_latest_ms"] for stream in streams), default=0.0),
    }
