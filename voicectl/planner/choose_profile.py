"""Which profile this machine gets, and the reason in one sentence."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.hardware.facts import Unknown
from voicectl.planner.cards import LEAST_CAPABILITY, cards_of
from voicectl.planner.draft import Draft, Question, draft_of
from voicectl.planner.gpu_memory import needed_vram_mib
from voicectl.planner.wishes import PROFILES, Profile

if TYPE_CHECKING:
    from voicectl.hardware.facts import Facts
    from voicectl.planner.engines import Engines


@dataclass(frozen=True)
class Rejected:
    """Something that was considered and not taken."""

    what: str
    why: str


@dataclass(frozen=True)
class Choice:
    """A profile with its engines, why it, and why not the others."""

    draft: Draft
    reason: str
    rejected: tuple[Rejected, ...]


_SCRIPT_ONLY = Rejected("profile embedded", "its script answers only what the operator has written down")


def choose_profile(question: Question) -> Choice:
    """Take what the operator names, otherwise the best that carries the calls that are asked for.

    Raises:
        UsageError: a pin is not in the catalogue, or not for the profile.
        MachineError: the catalogue lacks a model.
    """
    wanted, configured = question.wishes.profile, question.config.agent.profile
    named = wanted or (None if configured == "auto" else configured)
    if named is not None:
        by = _by(named) if wanted else "agent.profile"
        others = tuple(Rejected(f"profile {other}", f"{by} names {named}") for other in PROFILES if other != named)
        return Choice(draft_of(named, question), f"{by} names it", others)
    return _best(question)


def _by(named: Profile) -> str:
    """A card that is named is meant to be used."""
    return "--profile or --gpu" if named == "gpu" else "--profile"


def _best(question: Question) -> Choice:
    """A card where it carries what is asked, or at least more than the processor does."""
    without = _on_processor(question)
    if not cards_of(question.facts, question.catalogue.gpus):
        return _without_card(question, without, why_no_card(question.facts))
    with_card = draft_of("gpu", question)
    if _rank(with_card, question) >= _rank(without, question):
        reason = f"{_has(with_card)}, and the large models need {needed_vram_mib(with_card.engines, 1)}"
        better = Rejected("profile cpu", "the card answers faster and better")
        return Choice(with_card, reason, (_SCRIPT_ONLY, better))
    return _without_card(question, without, _why_not(with_card, question))


def _rank(draft: Draft, question: Question) -> tuple[bool, int]:
    """A plan before a refusal, then the calls; more than are asked for count for nothing."""
    return not question.is_refused(draft), min(draft.carried, question.asked)


def _on_processor(question: Question) -> Draft:
    """The profile that needs no card: one with a language model only where somebody wishes for it."""
    return draft_of("cpu" if _wish_for_a_model(question) else "embedded", question)


def _wish_for_a_model(question: Question) -> str:
    """Who wishes for a language model, in words; empty where nobody does."""
    if question.wishes.llm is not None:
        return "--llm names a language model"
    if question.wishes.context_tokens is not None:
        return "--context is a language model's"
    if question.config.agent.language_model:
        return "agent.language_model lets a model answer what the script does not cover"
    return ""


def _without_card(question: Question, draft: Draft, why: str) -> Choice:
    no_gpu, wish = Rejected("profile gpu", why), _wish_for_a_model(question)
    if wish:
        return Choice(draft, f"{why}, and {wish}", (_SCRIPT_ONLY, no_gpu))
    silent = Rejected("profile cpu", "agent.language_model is false: no model may speak to callers")
    reason = f"{why}, and the script alone may answer (agent.language_model is false)"
    return Choice(draft, reason, (silent, no_gpu))


def _has(draft: Draft) -> str:
    cards = draft.capacity.placement.cards if draft.capacity and draft.capacity.placement else ()
    if len(cards) == 1:
        return f"{cards[0].name} has {cards[0].total_mib} MiB"
    return f"{len(cards)} cards have {sum(card.total_mib for card in cards)} MiB together"


def _why_not(draft: Draft, question: Question) -> str:
    """Why the cards are left alone."""
    limits = draft.capacity.limits if draft.capacity else ()
    if not limits or (limits[0].constraint == "vram" and not draft.carried):
        return _why_too_small(question.facts, draft.engines)
    carried = f"{draft.carried} of the {question.asked} calls that are asked for"
    return f"the gpu profile would carry {carried}: {limits[0].constraint} gives out first ({limits[0].why})"


def why_no_card(facts: "Facts") -> str:
    """Why no engine can be put on a card, in a few words."""
    if isinstance(facts.gpus, Unknown):
        return f"it is not known whether there is a GPU ({facts.gpus.why_unknown})"
    if facts.gpus.state == "usable":
        least = ".".join(map(str, LEAST_CAPABILITY))
        return f"no GPU has slices or a compute capability of {least}, from which on the engines run"
    if facts.gpus.state == "none":
        return "there is no NVIDIA GPU"
    return f"the NVIDIA GPU cannot be used ({facts.gpus.problem})"


def _why_too_small(facts: "Facts", engines: "Engines") -> str:
    largest = max(cards_of(facts, load_catalogue().gpus), key=lambda card: card.total_mib)
    has = f"the largest GPU has {largest.total_mib} MiB, {max(0, largest.free_mib)} of them to be had"
    return f"{has}, and the large models need {needed_vram_mib(engines, 1)}"
