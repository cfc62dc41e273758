"""What the benchmark asks of the phone."""

from collections.abc import Sequence
from math import ceil
from typing import Any, Final

_A_TURN_S: Final = 35  # the longest answer of a model takes 27 seconds; a turn of the shipped script takes six
_GREETING_S: Final = 30
_START_GAP_S: Final = 0.7  # callers do not ring in the same instant


def bench_job(questions: Sequence[str], calls: int) -> dict[str, Any]:
    """All questions, dealt out to that many calls; nothing is written down, since that would load the recogniser."""
    return {
        "calls": calls,
        "start_gap_s": _START_GAP_S,
        "deal_turns": True,
        "turns": [{"text": question} for question in questions],
        "transcribe": False,
        "longest_s": _GREETING_S + _A_TURN_S * ceil(len(questions) / calls),
    }


def longest_bench_s(job: dict[str, Any]) -> float:
    """When the phone counts as stuck: the calls, their staggered start, and the synthesis of every question."""
    return float(job["longest_s"] + job["calls"] * _START_GAP_S + len(job["turns"]) + _GREETING_S)
