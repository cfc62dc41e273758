"""What could be had instead, where a plan cannot be: each offer was reckoned, and is the nearest of its kind."""

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Final, Literal

from voicectl.hardware.facts import Unknown
from voicectl.planner.capacity import Site, capacity_of
from voicectl.planner.cards import cards_of, imagine
from voicectl.planner.discipline import offload_that_fits
from voicectl.planner.engines import choose_engines
from voicectl.planner.wishes import Wishes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voicectl.catalogue.catalogue import Catalogue
    from voicectl.planner.engines import Engines
    from voicectl.planner.wishes import Profile

Kind = Literal[
    "fewer calls",
    "smaller model",
    "precision",
    "shorter context",
    "another voice",
    "another card",
    "another machine",
    "machines",
]
_SHORT_CONTEXT: Final = 2048
_MOST_CARDS: Final = 2
_TIMES: Final = (2, 4, 8, 16)


@dataclass(frozen=True)
class Offer:
    """One way to a plan."""

    kind: Kind
    what: str
    option: str
    """To add to `voicectl plan`."""
    calls: int
    """That it carries."""


def offers(profile: "Profile", engines: "Engines", site: Site, calls: int, catalogue: "Catalogue") -> tuple[Offer, ...]:
    """At most one of each kind, the least change first; the number of calls that each carries is reckoned through."""
    asked = _Asked(profile, engines, site, calls, catalogue)
    now = asked.carried(engines)
    found: list[Offer | None] = [_fewer(now), asked.lighter(), asked.shorter(), asked.other_voice()]
    if engines.on_card:
        found.append(asked.other_card())
    found += [asked.more_cores(), _machines(now, calls)]
    return tuple(one for one in found if one is not None)


def for_a_small_card(site: Site, catalogue: "Catalogue") -> str:
    """What cards that are too small for the usual engines would carry, as a remark; empty where it is nothing."""
    usual = choose_engines("gpu", Wishes(), site.facts, catalogue)
    for _, engines, option in _lighter(usual, catalogue):
        found = capacity_of("gpu", engines, site)
        if found is not None and found.calls:
            return f"; `voicectl plan --profile gpu {option}` would carry {_calls(found.calls)}{_give_way(usual, site)}"
    return _give_way(usual, site)


def _give_way(usual: "Engines", site: Site) -> str:
    found = capacity_of("gpu", usual, site)
    text = offload_that_fits(usual, found.placement, 1) if found else ""
    return f"; {text}" if text else ""


def _fewer(now: int) -> Offer | None:
    return Offer("fewer calls", f"{_calls(now)} with the same engines", f"--calls {now}", now) if now else None


def _calls(number: int) -> str:
    return f"{number} call{'' if number == 1 else 's'}"


def _machines(now: int, calls: int) -> Offer | None:
    if not 0 < now < calls:
        return None
    machines = -(-calls // now)
    what = f"{machines} such machines behind one SIP balancer (Kamailio)"
    return Offer("machines", what, f"--calls {now}", machines * now)


@dataclass(frozen=True)
class _Asked:
    """The calls that could not be carried, and by what."""

    profile: "Profile"
    engines: "Engines"
    site: Site
    calls: int
    catalogue: "Catalogue"

    def carried(self, engines: "Engines", site: Site | None = None) -> int:
        found = capacity_of(self.profile, engines, site or self.site)
        return found.calls if found else 0

    def lighter(self) -> Offer | None:
        """Fewer bits, or the largest of the smaller models, that would do."""
        for kind, engines, option in _lighter(self.engines, self.catalogue):
            if (most := self.carried(engines)) >= self.calls:
                return Offer(kind, f"carries {most}", option, most)
        return None

    def shorter(self) -> Offer | None:
        """A context in which a telephone call still fits."""
        if self.engines.context_tokens <= _SHORT_CONTEXT:
            return None
        most = self.carried(replace(self.engines, context_tokens=_SHORT_CONTEXT))
        option = f"--context {_SHORT_CONTEXT}"
        return Offer("shorter context", f"carries {most}", option, most) if most >= self.calls else None

    def other_voice(self) -> Offer | None:
        """The best voice that would do."""
        for voice in sorted(self.catalogue.voices.values(), key=lambda row: -row.quality):
            if voice.id == self.engines.voice.id or (voice.device == "cuda" and not self.engines.on_card):
                continue
            if (most := self.carried(replace(self.engines, voice=voice))) >= self.calls:
                return Offer("another voice", f"{voice.title} carries {most}", f"--tts {voice.id}", most)
        return None

    def more_cores(self) -> Offer | None:
        """The same machine with more cores; with more memory as well where cores alone do not do."""
        cpu, memory = self.site.facts.cpu, self.site.facts.memory
        if isinstance(cpu, Unknown) or isinstance(memory, Unknown):
            return None
        for times, larger in product(_TIMES, (1, 2, 4)):
            more = replace(
                memory, total_mib=memory.total_mib * larger, limit_mib=None if larger > 1 else memory.limit_mib
            )
            facts = replace(self.site.facts, cpu=replace(cpu, cores=cpu.cores * times), memory=more)
            if (most := self.carried(self.engines, replace(self.site, facts=facts))) >= self.calls:
                what = f"{cpu.cores * times} cores" + (f" and {more.total_mib // 1024} GiB" if larger > 1 else "")
                return Offer("another machine", f"{what} carry {most}", f"--calls {self.calls}", most)
        return None

    def other_card(self) -> Offer | None:
        """The cheapest card, or pair of one card, that would do."""
        for row in sorted(self.catalogue.gpus.values(), key=lambda row: row.price):
            for count in range(1, _MOST_CARDS + 1):
                cards = cards_of(imagine(self.site.facts, row, count), self.catalogue.gpus)
                if (most := self.carried(self.engines, self.site.with_cards(cards))) >= self.calls:
                    many = f" --gpus {count}" if count > 1 else ""
                    return Offer("another card", f"carries {most}", f'--gpu "{row.name}"{many}', most)
        return None


def _lighter(engines: "Engines", catalogue: "Catalogue") -> "Iterator[tuple[Kind, Engines, str]]":
    """Fewer bits of the same model first, then the next smaller models."""
    model = engines.llm
    if model is None:
        return
    for precision in reversed(model.precisions[: model.precisions.index(engines.llm_precision)]):
        yield "precision", replace(engines, llm_precision=precision), f"--llm {model.id}@{precision}"
    for row in sorted(catalogue.language_models.values(), key=lambda row: -row.quality):
        keeps_context = row.context_tokens >= engines.context_tokens
        if row.parameters_m < model.parameters_m and row.truthful and keeps_context:
            yield "smaller model", replace(engines, llm=row, llm_precision="q4_k_m"), f"--llm {row.id}"
