"""Which profile this machine gets, and the reason in one sentence."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voicectl.errors import InfeasibleError
from voicectl.hardware.facts import Gpu, Unknown
from voicectl.planner.gpu_memory import least_vram_mib
from voicectl.planner.wishes import PROFILES, Profile

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


def choose_profile(config: "Config", facts: "Facts", wanted: Profile | None) -> Choice:
    """Take what the operator names, otherwise the best that this machine carries.

    Raises:
        InfeasibleError: the operator names the gpu profile and there is no card at all.
    """
    named = wanted or (None if config.agent.profile == "auto" else config.agent.profile)
    if named == "gpu" and not _cards(facts):
        raise InfeasibleError(
            "E411", "profile gpu", why_no_card(facts), fix="fit a card, or run `voicectl plan --profile cpu`"
        )
    if named is not None:
        by = "--profile" if wanted else "agent.profile"
        others = tuple(Rejected(f"profile {other}", f"{by} names {named}") for other in PROFILES if other != named)
        return Choice(named, f"{by} names it", others)
    return _best(config, facts, usable_card(facts))


def _best(config: "Config", facts: "Facts", card: Gpu | None) -> Choice:
    script_only = Rejected("profile embedded", "its script answers only what the operator has written down")
    if card is not None:
        reason = f"{card.name} has {card.vram_mib} MiB, and the large models need {least_vram_mib()}"
        return Choice("gpu", reason, (script_only, Rejected("profile cpu", "the card answers faster and better")))
    no_gpu = Rejected("profile gpu", why_no_card(facts))
    if config.agent.language_model:
        reason = f"{why_no_card(facts)}, and agent.language_model lets a model answer what the script does not cover"
        return Choice("cpu", reason, (script_only, no_gpu))
    reason = f"{why_no_card(facts)}, and the script alone may answer (agent.language_model is false)"
    silent = Rejected("profile cpu", "agent.language_model is false: no model may speak to callers")
    return Choice("embedded", reason, (silent, no_gpu))


def usable_card(facts: "Facts") -> Gpu | None:
    """The largest card that carries the gpu profile's usual engines; the first of equals."""
    large = [card for card in _cards(facts) if card.vram_mib >= least_vram_mib()]
    return max(large, key=lambda card: card.vram_mib, default=None)


def why_no_card(facts: "Facts") -> str:
    """Why the gpu profile is out of reach, in a few words."""
    if isinstance(facts.gpus, Unknown):
        return f"it is not known whether there is a GPU ({facts.gpus.why_unknown})"
    if facts.gpus.state == "usable":
        largest = max((card.vram_mib for card in facts.gpus.cards), default=0)
        return f"the largest GPU has {largest} MiB of the {least_vram_mib()} that are needed"
    if facts.gpus.state == "none":
        return "there is no NVIDIA GPU"
    return f"the NVIDIA GPU cannot be used ({facts.gpus.problem})"


def _cards(facts: "Facts") -> tuple[Gpu, ...]:
    return () if isinstance(facts.gpus, Unknown) or facts.gpus.state != "usable" else facts.gpus.cards
