"""Which profile this machine gets, and the reason in one sentence."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.errors import InfeasibleError, UsageError
from voicectl.hardware.facts import Unknown
from voicectl.planner.cards import LEAST_CAPABILITY, Card, cards_of
from voicectl.planner.engines import choose_engines
from voicectl.planner.gpu_memory import least_vram_mib
from voicectl.planner.placement import fits, placements
from voicectl.planner.wishes import PROFILES, Profile, Wishes

if TYPE_CHECKING:
    from voicectl.config.sections import Config
    from voicectl.hardware.facts import Facts


@dataclass(frozen=True)
class Rejected:
    """Something that was considered and not taken."""

    what: str
    why: str


@dataclass(frozen=True)
class Choice:
    """A profile, why it, and why not the others."""

    profile: Profile
    reason: str
    rejected: tuple[Rejected, ...]


def choose_profile(config: "Config", facts: "Facts", wishes: Wishes) -> Choice:
    """Take what the operator names, otherwise the best that this machine carries.

    Raises:
        UsageError: a language model is pinned for the profile that has none.
        InfeasibleError: the operator names the gpu profile and there is no card at all.
    """
    wanted = wishes.profile
    named = wanted or (None if config.agent.profile == "auto" else config.agent.profile)
    cards = cards_of(facts, load_catalogue().gpus)
    if named == "embedded" and wishes.llm is not None:
        raise UsageError("E127", "--llm", "the embedded profile has no language model", fix="add --profile cpu")
    if named == "gpu" and not cards:
        raise InfeasibleError(
            "E411", "profile gpu", why_no_card(facts), fix="fit a card, or run `voicectl plan --profile cpu`"
        )
    if named is not None:
        by = "--profile" if wanted else "agent.profile"
        others = tuple(Rejected(f"profile {other}", f"{by} names {named}") for other in PROFILES if other != named)
        return Choice(named, f"{by} names it", others)
    return _best(config, facts, wishes, cards)


def _best(config: "Config", facts: "Facts", wishes: Wishes, cards: tuple[Card, ...]) -> Choice:
    script_only = Rejected("profile embedded", "its script answers only what the operator has written down")
    if _carry_the_usual(cards, facts):
        has = f"{cards[0].name} has {cards[0].total_mib} MiB"
        if cards[0].free_mib < least_vram_mib():
            has = f"{len(cards)} cards have {sum(card.total_mib for card in cards)} MiB together"
        reason = f"{has}, and the large models need {least_vram_mib()}"
        return Choice("gpu", reason, (script_only, Rejected("profile cpu", "the card answers faster and better")))
    no_gpu = Rejected("profile gpu", why_no_card(facts))
    if wishes.llm is not None:
        return Choice("cpu", f"{why_no_card(facts)}, and --llm names a language model", (script_only, no_gpu))
    if config.agent.language_model:
        reason = f"{why_no_card(facts)}, and agent.language_model lets a model answer what the script does not cover"
        return Choice("cpu", reason, (script_only, no_gpu))
    reason = f"{why_no_card(facts)}, and the script alone may answer (agent.language_model is false)"
    silent = Rejected("profile cpu", "agent.language_model is false: no model may speak to callers")
    return Choice("embedded", reason, (silent, no_gpu))


def _carry_the_usual(cards: tuple[Card, ...], facts: "Facts") -> bool:
    """Whether the gpu profile's usual engines fit for one call, on one card or shared between several."""
    usual = choose_engines("gpu", Wishes(), facts, load_catalogue())
    return any(fits(one, usual, 1) for one in placements(usual, cards))


def why_no_card(facts: "Facts") -> str:
    """Why the gpu profile is out of reach, in a few words."""
    if isinstance(facts.gpus, Unknown):
        return f"it is not known whether there is a GPU ({facts.gpus.why_unknown})"
    if facts.gpus.state == "usable":
        return _why_too_small(facts)
    if facts.gpus.state == "none":
        return "there is no NVIDIA GPU"
    return f"the NVIDIA GPU cannot be used ({facts.gpus.problem})"


def _why_too_small(facts: "Facts") -> str:
    cards = cards_of(facts, load_catalogue().gpus)
    if not cards:
        least = ".".join(map(str, LEAST_CAPABILITY))
        return f"no GPU has slices or a compute capability of {least}, from which on the engines run"
    largest = max(cards, key=lambda card: card.total_mib)
    has = f"the largest GPU has {largest.total_mib} MiB, {max(0, largest.free_mib)} of them to be had"
    return f"{has}, and the large models need {least_vram_mib()}"
