"""Which engine lies on which card: all on one, or ears and voice on one and the language model on the others."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voicectl.planner.ledger import Engine, Hearing, Speaking, Term, Voicing, engine_terms, reserve_term, total_mib

if TYPE_CHECKING:
    from voicectl.planner.cards import Card
    from voicectl.planner.engines import Engines


@dataclass(frozen=True)
class CardLedger:
    """One card of the plan, to the last mebibyte."""

    name: str
    uuid: str
    total_mib: int
    used_mib: int
    """By the plan's engines, the reserve, the driver and others."""
    headroom_mib: int
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Placement:
    """Where the engines lie."""

    how: str
    stt: "tuple[Card, ...]"
    tts: "tuple[Card, ...]"
    llm: "tuple[Card, ...]"
    """More than one: each holds a share of the layers (tensor parallel)."""

    @property
    def cards(self) -> "tuple[Card, ...]":
        """Every card in use, each once."""
        return tuple({card.uuid: card for card in (*self.tts, *self.stt, *self.llm)}.values())


def placements(engines: "Engines", cards: "tuple[Card, ...]") -> tuple[Placement, ...]:
    """Every layout worth a look, the simplest first."""
    ears_and_voice = cards if engines.on_card else ()
    found = [_placed(engines, f"all engines on the {card.name}", (card,), (card,)) for card in ears_and_voice]
    found += [
        _placed(engines, f"ears and voice on the {one.name}, the language model on the {other.name}", (one,), (other,))
        for one in cards
        for other in cards
        if one is not other
    ]
    if len(cards) > 1:
        found += [
            _placed(
                engines, f"ears and voice on the {one.name}, the language model over all {len(cards)}", (one,), cards
            )
            for one in cards
        ]
    return tuple(found)


def ledgers(placement: Placement, engines: "Engines", calls: int) -> tuple[CardLedger, ...]:
    """Each card in use, for that many calls."""
    return tuple(_ledger(card, placement, engines, calls) for card in placement.cards)


def speaking_of(engines: "Engines", calls: int) -> Speaking | None:
    """The language model as it runs for that many calls: a context a call."""
    if engines.llm is None:
        return None
    return Speaking(engines.llm, engines.llm_precision, engines.context_tokens, max(1, calls))


def _placed(
    engines: "Engines", how: str, ears_and_voice: "tuple[Card, ...]", thinking: "tuple[Card, ...]"
) -> Placement:
    return Placement(
        how=how,
        stt=ears_and_voice if engines.stt_device == "cuda" else (),
        tts=ears_and_voice if engines.voice.device == "cuda" else (),
        llm=thinking if engines.llm is not None and engines.llm_device == "cuda" else (),
    )


def _ledger(card: "Card", placement: Placement, engines: "Engines", calls: int) -> CardLedger:
    here: list[Engine] = []
    if card in placement.stt:
        here.append(Hearing(engines.stt, engines.stt_precision))
    if card in placement.tts:
        here.append(Voicing(engines.voice, calls))
    speaking = speaking_of(engines, calls)
    if card in placement.llm and speaking is not None:
        here.append(_share(speaking, len(placement.llm)))
    own = tuple(term for engine in here for term in engine_terms(engine))
    terms = (*own, *((reserve_term(),) if card in placement.llm else ()), *_not_ours(card))
    used = total_mib(terms)
    return CardLedger(card.name, card.uuid, card.total_mib, used, card.total_mib - used, terms)


def _share(speaking: Speaking, cards: int) -> Speaking:
    if cards == 1:
        return speaking
    layers = -(-speaking.model.layers // cards)
    return Speaking(speaking.model, speaking.precision, speaking.context_tokens, speaking.parallel, speaking.kv, layers)


def _not_ours(card: "Card") -> tuple[Term, ...]:
    seen = (("driver", "driver's reserve", card.reserved_mib), ("foreign", "other programs", card.foreign_mib))
    return tuple(
        Term(owner, what, mib, mib, mib, "table" if owner == "driver" else "measured", "F9: NVML")
        for owner, what, mib in seen
        if mib
    )
