"""The latency of a turn on these engines, alone on the machine."""

from typing import TYPE_CHECKING, Final

from voicectl.planner.cpu_speed import MATCH_MS, cpu_speed
from voicectl.planner.gpu_speed import clause_ms, first_token_ms, hear_ms
from voicectl.planner.latency import Confidence, Latency, Work, latency_of
from voicectl.planner.placement import Placement, speaking_of

if TYPE_CHECKING:
    from voicectl.catalogue.provenance import Basis
    from voicectl.config.sections import Turns
    from voicectl.planner.cards import Card
    from voicectl.planner.engines import Engines
    from voicectl.planner.tuning import Threads

_ERROR: Final[dict[str, tuple[Confidence, float]]] = {
    "measured": ("medium", 0.5),
    "fitted": ("low", 1.0),
    "assumed": ("low", 2.0),
}
"""How far the engines' own time may be off, by where it comes from."""


def script_latency(engines: "Engines", threads: "Threads", cards: "tuple[Card, ...]", turns: "Turns") -> Latency:
    """A turn that the script answers with a phrase that was spoken before."""
    recognise_ms, basis = _recognise(engines, threads, cards)
    return latency_of(Work(recognise_ms, MATCH_MS, 0.0, basis, *_ERROR[basis]), turns.stop_ms, turns.patience_ms)


def model_latency(
    engines: "Engines", threads: "Threads", placement: Placement | None, turns: "Turns", calls: int
) -> Latency | None:
    """A turn that the language model answers: its first clause is spoken while the rest is made."""
    speaking = speaking_of(engines, calls)
    if speaking is None:
        return None
    recognise_ms, basis = _recognise(engines, threads, placement.cards if placement else ())
    if placement and placement.llm:
        clause = first_token_ms(speaking, placement.llm) + clause_ms(speaking, placement.llm)
        basis = "fitted"
    else:
        clause = cpu_speed(engines, threads).first_clause_ms
    sound_ms = engines.voice.first_sound_ms
    basis = "assumed" if engines.voice.basis == "assumed" else "fitted"
    work = Work(recognise_ms, MATCH_MS + clause, sound_ms, basis, *_ERROR[basis])
    return latency_of(work, turns.patience_ms, turns.patience_ms)


def _recognise(engines: "Engines", threads: "Threads", cards: "tuple[Card, ...]") -> "tuple[float, Basis]":
    if engines.stt_device == "cuda" and cards:
        return hear_ms(engines.stt, cards[0]), "fitted"
    speed = cpu_speed(engines, threads)
    return speed.recognise_ms, speed.basis
