"""Puts what was measured on this very machine in the place of estimates, and says how far these had been off."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from voicectl.planner.latency import Estimate, Latency, Stage
from voicectl.planner.limits import Limit, in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voicectl.planner.cpu_speed import CpuSpeed
    from voicectl.planner.measured import Cell

_SLOWER_MOST: Final = 1.5
"""A number of calls is carried while the slowest twentieth waits no more than this much longer than with one call."""
_LOST_MOST: Final = 0.1
_STAGES: Final = ("endpoint", "recognise", "answer", "speech", "wire")


@dataclass(frozen=True)
class Calibrated:
    """One estimate that a measurement replaced."""

    what: str
    estimated: float
    measured: float
    off_percent: float
    """How far the estimate was off: positive where it was too high."""


def calibrated_latency(
    estimate: Latency, cells: "Sequence[Cell]", of: str = ""
) -> tuple[Latency, tuple[Calibrated, ...]]:
    """The benchmark of the fewest calls in the place of the estimate for one; `of`: what is said of the figures."""
    if not cells:
        return estimate, ()
    cell, total = min(cells, key=lambda one: one.calls), estimate.voice_to_voice
    stages = {name: _measured(getattr(estimate, name), getattr(cell, name)) for name in _STAGES}
    found = replace(estimate, **stages, voice_to_voice=Estimate(cell.p50, cell.p95, cell.p50, cell.p50, "measured"))
    calls = f"with {cell.calls} call{'s' if cell.calls > 1 else ''}"
    return found, (
        _calibrated(f"{of}voice to voice {calls}, p50, ms", total.p50, cell.p50),
        _calibrated(f"{of}voice to voice {calls}, p95, ms", total.p95, cell.p95),
    )


def calibrated_limits(
    limits: tuple[Limit, ...], cells: "Sequence[Cell]"
) -> tuple[tuple[Limit, ...], tuple[Calibrated, ...]]:
    """The most calls that a benchmark carried, where one beyond it did not; or that it carried beyond the estimate."""
    carried, beyond = carried_calls(cells)
    engines = {"stt", "cpu", "llm-tok/s", "tts"}
    estimated = min((limit.calls for limit in limits if limit.constraint in engines), default=0)
    if not carried or (beyond is None and carried <= estimated):
        return limits, ()
    why = f"measured: {carried} calls were carried" + (f", {beyond} were not" if beyond else ", more were not tried")
    binding = next(limit for limit in limits if limit.constraint in engines)
    measured = replace(binding, calls=carried, why=why, basis="measured")
    others = tuple(limit for limit in limits if limit.constraint not in engines)
    return in_order((measured, *others)), (_calibrated("calls", estimated, carried),)


def probed_off(guessed: "CpuSpeed", probed: "CpuSpeed") -> tuple[Calibrated, ...]:
    """How far the catalogue's speeds are from those of the probe."""
    found = [_calibrated("recognition of a sentence, ms", guessed.recognise_ms, probed.recognise_ms)]
    if guessed.clause_ms != probed.clause_ms:
        found.append(_calibrated("first sound of a new sentence, ms", guessed.clause_ms, probed.clause_ms))
    if guessed.tokens_s and guessed.tokens_s != probed.tokens_s:
        found.append(_calibrated("tokens a second", guessed.tokens_s, probed.tokens_s))
    return tuple(one for one in found if one.estimated != one.measured)


def carried_calls(cells: "Sequence[Cell]") -> tuple[int, int | None]:
    """The most calls that were carried with all fewer ones, and the fewest that were not."""
    ordered = sorted(cells, key=lambda cell: cell.calls)
    carried = 0
    for cell in ordered:
        if cell.p95 > _SLOWER_MOST * ordered[0].p95 or cell.lost > _LOST_MOST * cell.turns:
            return carried, cell.calls
        carried = cell.calls
    return carried, None


def _measured(stage: Stage, waited_ms: float) -> Stage:
    return Stage(stage.work_ms, waited_ms, "measured")


def _calibrated(what: str, estimated: float, measured: float) -> Calibrated:
    off = (estimated / measured - 1) * 100 if measured else 0.0
    return Calibrated(what, round(estimated, 1), round(measured, 1), round(off, 1))
