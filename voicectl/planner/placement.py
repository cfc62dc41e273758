"""Which engine lies on which card: all on one, each on its own, or shared out where one card does not hold it."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Final

from voicectl.catalogue.provenance import Basis
from voicectl.planner.ledger import Engine, Hearing, Speaking, Term, Voicing, engine_terms, reserve_term, total_mib
from voicectl.planner.voice_workers import speech_workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voicectl.planner.cards import Card
    from voicectl.planner.engines import Engines

_MOST_SHARES: Final = 8
"""Cards over which one language model is split."""
_MOST_CHOICES: Final = 32
"""Of cards: all of five different ones."""


@dataclass(frozen=True)
class CardLedger:
    """One card of the plan, to the last mebibyte."""

    name: str
    uuid: str
    total_mib: int
    used_mib: int
    """By the plan's engines, the reserve, the driver and others."""
    headroom_mib: int
    bandwidth_gb_s: float
    """Of its memory: what tokens and voices wait for."""
    bandwidth_basis: Basis
    """"measured": clock and bus width as the card tells them; "table": the catalogue's; "assumed": nobody says."""
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Placement:
    """Where the engines lie."""

    how: str
    stt: "tuple[Card, ...]"
    tts: "tuple[Card, ...]"
    """More than one: the workers of the voice are dealt out to them in turn."""
    llm: "tuple[Card, ...]"
    """More than one: each holds a share of the layers, and a token passes through one after the other."""

    @property
    def cards(self) -> "tuple[Card, ...]":
        """Every card in use, each once."""
        return tuple({card.uuid: card for card in (*self.tts, *self.stt, *self.llm)}.values())


@dataclass(frozen=True)
class _Shape:
    """What layouts depend on."""

    hears: bool
    thinks: bool
    speaks: bool
    """On a card; so the two above."""
    in_workers: bool
    """The voice is made of processes, which can lie on several cards."""


def placements(engines: "Engines", cards: "tuple[Card, ...]") -> tuple[Placement, ...]:
    """Every layout worth a look, the simplest first; of layouts that differ only in which of equal cards, one."""
    thinks = engines.llm is not None and engines.llm_device == "cuda"
    speaks = engines.voice.device == "cuda"
    return _layouts(_Shape(engines.stt_device == "cuda", thinks, speaks, speaks and engines.voice.exclusive), cards)


@cache  # what is offered instead of a plan asks again and again, with other engines on the same cards
def _layouts(shape: _Shape, cards: "tuple[Card, ...]") -> tuple[Placement, ...]:
    found: dict[frozenset[tuple[object, int]], Placement] = {}
    twins = {card.uuid: _kind(card) for card in cards}
    for thinking in _thinking(shape, cards):
        for speaking in _speaking(shape, cards, thinking):
            one = _placed(shape, speaking, thinking)
            duties = [(twins[card.uuid], card in one.stt, card in one.tts, card in one.llm) for card in one.cards]
            found.setdefault(frozenset(Counter(duties).items()), one)
    return tuple(sorted(found.values(), key=lambda one: len(one.cards) + len(one.tts) + len(one.llm)))


def _kind(card: "Card") -> "Card":
    """Equal for cards that differ in nothing but their identity."""
    return replace(card, uuid="")


def _thinking(shape: _Shape, cards: "tuple[Card, ...]") -> "Iterator[tuple[Card, ...]]":
    """Cards for the language model: one, or several whole ones."""
    if not shape.thinks:
        yield ()
        return
    yield from _each_kind(cards)
    whole = tuple(card for card in cards if not card.is_slice)
    yield from (some for some in _choices(whole) if 1 < len(some) <= _MOST_SHARES)


def _speaking(shape: _Shape, cards: "tuple[Card, ...]", thinking: "tuple[Card, ...]") -> "Iterator[tuple[Card, ...]]":
    """Cards for ears and voice, beside the language model or not: one, or for workers several."""
    left = tuple(card for card in cards if card not in thinking)
    for these in (cards, left) if left else (cards,):
        yield from _each_kind(these)
        if shape.in_workers:
            yield from (some for some in _choices(these) if len(some) > 1)


def _each_kind(cards: "tuple[Card, ...]") -> "Iterator[tuple[Card, ...]]":
    yield from {_kind(card): (card,) for card in reversed(cards)}.values()


def _choices(cards: "tuple[Card, ...]") -> "Iterator[tuple[Card, ...]]":
    """Every number of every kind; of many kinds only the largest together, and the fastest."""
    kinds: dict[Card, list[Card]] = {}
    for card in cards:
        kinds.setdefault(_kind(card), []).append(card)
    if prod(len(these) + 1 for these in kinds.values()) > _MOST_CHOICES:
        fastest = sorted(cards, key=lambda card: -card.bandwidth_gb_s)
        yield from (tuple(order[:count]) for order in (cards, fastest) for count in range(1, len(cards) + 1))
        return
    for counts in product(*(range(len(these) + 1) for these in kinds.values())):
        chosen = {card.uuid for count, these in zip(counts, kinds.values(), strict=True) for card in these[:count]}
        yield tuple(card for card in cards if card.uuid in chosen)


def ledgers(placement: Placement, engines: "Engines", calls: int) -> tuple[CardLedger, ...]:
    """Each card in use, for that many calls."""
    return tuple(_ledger(card, placement, engines, calls) for card in placement.cards)


def fits(placement: Placement, engines: "Engines", calls: int) -> bool:
    """Whether every card holds what lies on it."""
    return all(_ledger(card, placement, engines, calls).headroom_mib >= 0 for card in placement.cards)


def speaking_of(engines: "Engines", calls: int) -> Speaking | None:
    """The language model as it runs for that many calls: a context a call."""
    if engines.llm is None:
        return None
    return Speaking(engines.llm, engines.llm_precision, engines.context_tokens, max(1, calls))


def _placed(shape: _Shape, speaking: "tuple[Card, ...]", thinking: "tuple[Card, ...]") -> Placement:
    stt, tts = speaking[:1] if shape.hears else (), speaking if shape.speaks else ()
    return Placement(_how(stt, tts, thinking), stt, tts, thinking)


def _how(stt: "tuple[Card, ...]", tts: "tuple[Card, ...]", llm: "tuple[Card, ...]") -> str:
    """The layout in words; engines that are not on a card are not mentioned."""
    if len({*stt, *tts, *llm}) == 1:
        return f"all engines on the {(stt or tts or llm)[0].name}"
    found = [f"ears and voice on the {stt[0].name}"] if stt and stt == tts else []
    if not found:
        found += [f"ears on the {card.name}" for card in stt]
        found += [f"voice on {_named(tts)}"] if tts else []
    return ", ".join([*found, *([f"the language model on {_named(llm)}"] if llm else [])])


def _named(cards: "tuple[Card, ...]") -> str:
    if len(cards) == 1:
        return f"the {cards[0].name}"
    return " and ".join(f"{count} x {name}" for name, count in Counter(card.name for card in cards).items())


def _ledger(card: "Card", placement: Placement, engines: "Engines", calls: int) -> CardLedger:
    here: list[Engine] = []
    if card in placement.stt:
        here.append(Hearing(engines.stt, engines.stt_precision))
    if card in placement.tts and (workers := _workers_on(card, placement.tts, speech_workers(engines.voice, calls))):
        here.append(Voicing(engines.voice, calls, workers))
    speaking = speaking_of(engines, calls)
    if card in placement.llm and speaking is not None:
        here.append(_share(speaking, len(placement.llm)))
    own = tuple(term for engine in here for term in engine_terms(engine))
    terms = (*own, *((reserve_term(),) if card in placement.llm else ()), *_not_ours(card))
    used = total_mib(terms)
    bandwidth = round(card.bandwidth_gb_s, 1)
    return CardLedger(
        card.name, card.uuid, card.total_mib, used, card.total_mib - used, bandwidth, card.bandwidth_basis, terms
    )


def _workers_on(card: "Card", cards: "tuple[Card, ...]", workers: int) -> int:
    """Dealt out one by one, so that no more calls ever mean fewer workers on a card."""
    return workers // len(cards) + (cards.index(card) < workers % len(cards))


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
