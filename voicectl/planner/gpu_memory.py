"""What engines take of one card that holds them all: the ledger's sum."""

from typing import TYPE_CHECKING

from voicectl.planner.ledger import Hearing, Voicing, engine_terms, reserve_term, total_mib
from voicectl.planner.placement import speaking_of

if TYPE_CHECKING:
    from voicectl.planner.engines import Engines
    from voicectl.planner.ledger import Term


def needed_vram_mib(engines: "Engines", calls: int) -> int:
    """Everything of the gpu profile's engines that must lie on a card at once, the driver's own share not counted."""
    terms: list[Term] = [*engine_terms(Hearing(engines.stt, engines.stt_precision))]
    if engines.voice.device == "cuda":
        terms += engine_terms(Voicing(engines.voice, calls))
    if speaking := speaking_of(engines, calls):
        terms += (*engine_terms(speaking), reserve_term())
    return total_mib(tuple(terms))
