"""The latency of a turn on these engines, alone on the machine."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from voicectl.catalogue.provenance import Basis
from voicectl.planner.cpu_speed import MATCH_MS, cpu_speed
from voicectl.planner.gpu_speed import clause_ms, first_token_ms, hear_ms
from voicectl.planner.latency import Confidence, Latency, Work, latency_of
from voicectl.planner.placement import Placement, speaking_of

if TYPE_CHECKING:
    from voicectl.config.sections import Turns
    from voicectl.planner.engines import Engines
    from voicectl.planner.measured import Probe
    from voicectl.planner.tuning import Threads

_ERROR: Final[dict[str, tuple[Confidence, float]]] = {
    "measured": ("medium", 0.5),
    "fitted": ("low", 1.0),
    "assumed": ("low", 2.0),
}
"""How far the engines' own time may be off, by where it comes from."""


@dataclass(frozen=True)
class TurnSite:
    """What the time of a turn depends on beside the engines."""

    threads: "Threads"
    placement: Placement | None
    turns: "Turns"
    probe: "Probe | None" = None


def script_latency(engines: "Engines", site: TurnSite) -> Latency:
    """A turn that the script answers with a phrase that was spoken before."""
    recognise_ms, basis = _recognise(engines, site)
    work = Work(recognise_ms, MATCH_MS, 0.0, basis, *_ERROR[basis])
    # A fixed silence does not ask whether the script has an answer.
    stop_ms = site.turns.patience_ms if site.turns.endpointing == "fixed" else site.turns.stop_ms
    return latency_of(work, stop_ms, site.turns.patience_ms)


def model_latency(engines: "Engines", site: TurnSite, calls: int) -> Latency | None:
    """A turn that the language model answers: its first clause is spoken while the rest is made."""
    speaking = speaking_of(engines, calls)
    if speaking is None:
        return None
    recognise_ms, _ = _recognise(engines, site)
    speed = cpu_speed(engines, site.threads, site.probe)
    cards = site.placement.llm if site.placement else ()
    clause = first_token_ms(speaking, cards) + clause_ms(speaking, cards) if cards else speed.first_clause_ms
    sound_ms = speed.clause_ms if engines.voice.device == "cpu" else engines.voice.first_sound_ms
    basis: Basis = "assumed" if engines.voice.basis == "assumed" else "fitted"
    work = Work(recognise_ms, MATCH_MS + clause, sound_ms, basis, *_ERROR[basis])
    return latency_of(work, site.turns.patience_ms, site.turns.patience_ms)


def _recognise(engines: "Engines", site: TurnSite) -> tuple[float, Basis]:
    if site.placement and site.placement.stt:
        return hear_ms(engines.stt, site.placement.stt[0]), "fitted"
    speed = cpu_speed(engines, site.threads, site.probe)
    return speed.recognise_ms, speed.basis
