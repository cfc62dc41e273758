"""How many calls a processor carries: recognition first, then its cores, then the language model."""

from typing import TYPE_CHECKING, Final

from voicectl.planner.cpu_speed import MATCH_MS, cpu_speed
from voicectl.planner.limits import Limit, share_limit
from voicectl.planner.site_limits import cores_of
from voicectl.planner.traffic import MODEL_SHARE, MOST_BUSY, REPLY_TOKENS

if TYPE_CHECKING:
    from voicectl.hardware.facts import Facts
    from voicectl.planner.engines import Engines
    from voicectl.planner.measured import Probe
    from voicectl.planner.tuning import Threads

_TURN_EVERY_S: Final = 8.0
"""The shipped script's pace, at which `voicectl bench` asks: 100 turns in 801 s. A capacity is what bench can check."""
_RECOGNISED_A_TURN: Final = 1.75
"""A pause inside a sentence starts a recognition that the next word voids, and what the script does not answer is heard
again; calls share batches. 420 ms of one core a turn at 25 calls on two cores, where one recognition alone takes 240
(`voicectl bench --calls 25`, EPYC: p95 807 ms)."""
_CALL_CORES: Final = 0.012
"""Orchestrator 0.007, Asterisk 0.005 of a core: processor time of the same bench."""


def cpu_limits(engines: "Engines", threads: "Threads", facts: "Facts", probe: "Probe | None") -> tuple[Limit, ...]:
    """One limit an engine, and one for all of them together."""
    speed, cores = cpu_speed(engines, threads, probe), cores_of(facts)
    hears = _RECOGNISED_A_TURN * speed.recognise_busy_ms / 1000 / _TURN_EVERY_S
    why = f"{speed.recognise_ms:.0f} ms for a caller's words on {threads.stt} threads, one batch at a time"
    lift = "more cores, or a smaller recogniser"
    limits = [Limit("stt", share_limit(hears, MOST_BUSY), why, lift, speed.basis)]
    work_ms = _RECOGNISED_A_TURN * speed.recognise_core_ms + MATCH_MS
    if engines.llm is not None:
        busy_s = MODEL_SHARE * (speed.first_token_ms / 1000 + REPLY_TOKENS / speed.tokens_s)
        why = f"{speed.tokens_s:.2g} tokens a second, for one turn in {1 / MODEL_SHARE:.0f}"
        limits.append(
            Limit(
                "llm-tok/s",
                share_limit(busy_s / _TURN_EVERY_S, MOST_BUSY),
                why,
                "more answers in the script, a smaller model, or a card",
                "fitted",
            )
        )
        work_ms += busy_s * 1000 * threads.llm
    a_call = work_ms / 1000 / _TURN_EVERY_S + _CALL_CORES
    why = f"{a_call:.2f} of a core a call, of {cores} cores kept busy {MOST_BUSY:.0%} at most"
    limits.append(Limit("cpu", share_limit(a_call, cores * MOST_BUSY), why, "more cores", speed.basis))
    return tuple(limits)
