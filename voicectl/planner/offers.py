"""What could be had instead, where a plan cannot be: each offer was reckoned, and is the nearest of its kind."""

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Final, Literal

from voicectl.errors import InfeasibleError, UsageError
from voicectl.hardware.facts import Unknown
from voicectl.planner.cards import around_cards, imagine
from voicectl.planner.discipline import offload_that_fits
from voicectl.planner.draft import Draft, Question, draft_of
from voicectl.planner.licences import FREE_VOICE, licences_of
from voicectl.planner.site_limits import cores_of, ram_of
from voicectl.planner.wishes import Profile, Wishes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voicectl.hardware.facts import Facts

Kind = Literal[
    "fewer calls",
    "smaller model",
    "precision",
    "shorter context",
    "another voice",
    "another card",
    "another machine",
    "another profile",
    "machines",
]
_SHORT_CONTEXT: Final = 2048
_MOST_CARDS: Final = 2
_TIMES: Final = (1, 2, 4, 8, 16)
_WITHOUT_CARD: Final[tuple[Profile, ...]] = ("cpu", "embedded")


@dataclass(frozen=True)
class Offer:
    """One way to a plan."""

    kind: Kind
    what: str
    option: str
    """To add to `voicectl plan`."""
    calls: int
    """That it carries."""


def offers(draft: Draft, question: Question) -> tuple[Offer, ...]:
    """At most one of each kind, the least change first; the number of calls that each carries is reckoned through."""
    asked = _Asked(draft, question)
    found = [
        _fewer(draft.carried),
        asked.lighter(),
        asked.shorter(),
        asked.other_voice(),
        asked.other_card(),
        asked.larger_machine(),
        asked.other_profile(),
        _machines(draft.carried, question.asked),
    ]
    return tuple(one for one in found if one is not None) or asked.new_machine()


def for_a_small_card(question: Question) -> str:
    """What cards that carry too little with the usual engines would carry with others, as a remark."""
    calls = question.asked if draft_of("gpu", replace(question, wishes=Wishes())).carried else 1
    usual = replace(question, wishes=Wishes(calls=calls))
    draft = draft_of("gpu", usual)
    lighter = _Asked(draft, usual).lighter()
    would = f"; `voicectl plan --profile gpu {lighter.option}` would carry {_calls(lighter.calls)}" if lighter else ""
    slower = offload_that_fits(draft.engines, draft.capacity.placement if draft.capacity else None, calls)
    return would + (f"; {slower}" if slower else "")


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

    draft: Draft
    question: Question

    def lighter(self) -> Offer | None:
        """Fewer bits, or the largest of the smaller models, that would do."""
        for kind, llm in self._lighter_models():
            if most := self._carried(llm=llm):
                return Offer(kind, f"carries {most}", f"--llm {llm}", most)
        return None

    def shorter(self) -> Offer | None:
        """A context in which a telephone call still fits."""
        if self.draft.engines.context_tokens <= _SHORT_CONTEXT:
            return None
        most = self._carried(context_tokens=_SHORT_CONTEXT)
        return Offer("shorter context", f"carries {most}", f"--context {_SHORT_CONTEXT}", most) if most else None

    def other_voice(self) -> Offer | None:
        """The best voice that would do."""
        for voice in sorted(self.question.catalogue.voices.values(), key=lambda row: -row.quality):
            if voice.id != self.draft.engines.voice.id and (most := self._carried(tts=voice.id)):
                return Offer("another voice", f"{voice.title} carries {most}", f"--tts {voice.id}", most)
        return None

    def other_card(self) -> Offer | None:
        """The cheapest card, or pair of one card, that would do."""
        rows = sorted(self.question.catalogue.gpus.values(), key=lambda row: row.price)
        for row, count in product(rows, range(1, _MOST_CARDS + 1)):
            facts = imagine(self.question.facts, row, count)
            if most := self._carried("gpu", facts):
                many = f" --gpus {count}" if count > 1 else ""
                return Offer("another card", f"carries {most}", f'--gpu "{row.name}"{many}{self._on_card()}', most)
        return None

    def larger_machine(self) -> Offer | None:
        """The same machine with more memory, more cores, or both."""
        cpu, memory = self.question.facts.cpu, self.question.facts.memory
        if isinstance(cpu, Unknown) or isinstance(memory, Unknown):
            return None
        if self.draft.engines.on_card and not self._lacks(("cpu", "ram")):
            return None
        for cores, larger in product((cpu.cores * times for times in _TIMES), _TIMES):
            total_mib = memory.total_mib * larger
            more = replace(memory, total_mib=total_mib, limit_mib=None) if larger > 1 else memory
            facts = replace(self.question.facts, cpu=replace(cpu, cores=cores), memory=more)
            if most := self._carried(facts=facts):
                what = f"{cores} cores" + (f" and {-(-total_mib // 1024)} GiB" if larger > 1 else "")
                return Offer("another machine", f"{what} carry {most}", f"--calls {self.question.asked}", most)
        return None

    def new_machine(self) -> tuple[Offer, ...]:
        """Where no one change does: a card in a machine of the seed's size, for one call where it must be.

        With the usual voice, or one that a business may use as well.
        """
        rows = sorted(self.question.catalogue.gpus.values(), key=lambda row: row.price)
        usual = self.question.wishes.tts
        voices = dict.fromkeys((usual, usual or FREE_VOICE))
        for calls, tts, row in product(dict.fromkeys((self.question.asked, 1)), voices, rows):
            facts = around_cards(imagine(self.question.facts, row, 1))
            if most := self._carried("gpu", facts, calls=calls, tts=tts):
                what = f"{cores_of(facts)} cores, {(ram_of(facts) or 0) // 1024} GiB and this card carry {most}"
                voice = "" if tts == usual else f" --tts {tts}"
                option = f'--gpu "{row.name}"{self._on_card()}{voice} --calls {calls}'
                return (Offer("another machine", what, option, most),)
        return ()

    def _lacks(self, constraints: tuple[str, ...]) -> bool:
        limits = self.draft.capacity.limits if self.draft.capacity else ()
        return any(limit.calls < self.question.asked for limit in limits if limit.constraint in constraints)

    def _on_card(self) -> str:
        """A card that is named is used, unless another profile is named beside it."""
        return "" if self.question.wishes.profile in {None, "gpu"} else " --profile gpu"

    def other_profile(self) -> Offer | None:
        """One without a card, where the same pins hold there."""
        for profile in _WITHOUT_CARD:
            if profile != self.draft.profile and (most := self._carried(profile)):
                return Offer("another profile", f"carries {most}", f"--profile {profile}", most)
        return None

    def _carried(self, profile: Profile | None = None, facts: "Facts | None" = None, **pins: Any) -> int:
        """The most calls with other pins or on another machine; 0 where it is no plan for the calls that are asked."""
        question = replace(
            self.question, facts=facts or self.question.facts, wishes=replace(self.question.wishes, **pins)
        )
        try:
            draft = draft_of(profile or self.draft.profile, question, least=question.asked)
            licences_of(draft, question)
        except (UsageError, InfeasibleError):
            return 0
        return draft.carried

    def _lighter_models(self) -> "Iterator[tuple[Kind, str]]":
        """Fewer bits of the same model first, then the next smaller models."""
        model, precision = self.draft.engines.llm, self.draft.engines.llm_precision
        if model is None:
            return
        for fewer in reversed(model.precisions[: model.precisions.index(precision)]):
            yield "precision", f"{model.id}@{fewer}"
        for row in sorted(self.question.catalogue.language_models.values(), key=lambda row: -row.quality):
            if row.parameters_m < model.parameters_m and row.truthful:
                yield "smaller model", row.id
