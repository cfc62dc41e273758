"""Whether the plan carries the calls that are asked for, and what the operator should be warned of when it does."""

from typing import TYPE_CHECKING, Final

from voicectl.documents import to_plain
from voicectl.errors import InfeasibleError
from voicectl.hardware.facts import Unknown
from voicectl.planner.engines import QWEN, SMOLLM, Engines
from voicectl.planner.site_limits import ram_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voicectl.catalogue.model import Model
    from voicectl.hardware.facts import Facts
    from voicectl.planner.capacity import Capacity
    from voicectl.planner.components import Component
    from voicectl.planner.offers import Offer
    from voicectl.planner.wishes import Profile

_OFFERS_SAID: Final = 3
"""On the error's one line; the document has them all."""


def ensure_memory(profile: "Profile", needs_mib: int, facts: "Facts") -> None:
    """Refuse engines that main memory does not hold.

    Raises:
        InfeasibleError: it says how much is missing.
    """
    has_mib = ram_of(facts)
    if has_mib is not None and needs_mib > has_mib:
        problem = f"profile {profile} needs {needs_mib} MiB of memory and this machine has {has_mib}"
        cheaper = "" if profile == "embedded" else " or `voicectl plan --profile embedded`"
        fix = f"add {needs_mib - has_mib} MiB{cheaper}"
        raise InfeasibleError("E413", "memory", problem, fix=fix, binding_constraint="ram")


def refuse(
    capacity: "Capacity", calls: int, where: str, offered: "tuple[Offer, ...]", give_way: str
) -> InfeasibleError:
    """Why that many calls cannot be had, and what can; `give_way`: how much of the language model would fit."""
    binding = capacity.limits[0]
    asked = f"{calls} call{' is' if calls == 1 else 's are'}"
    problem = f"{asked} more than the {capacity.calls} that {binding.constraint} allows: {binding.why}"
    if give_way and binding.constraint == "vram":
        problem += f" ({give_way})"
    fix = " or ".join(f"{offer.option} ({offer.what})" for offer in offered[:_OFFERS_SAID]) or binding.lift
    return InfeasibleError(
        "E414",
        where,
        problem,
        fix=fix,
        binding_constraint=binding.constraint,
        offers=[to_plain(offer) for offer in offered],
    )


def warnings_of(
    profile: "Profile",
    engines: Engines,
    components: "tuple[Component, ...]",
    models: "Mapping[str, Model]",
    facts: "Facts",
) -> tuple[str, ...]:
    """What works, but not as the operator may expect."""
    found = []
    if profile == "gpu":
        found.append(
            "deploy cannot install the gpu profile yet; `voicectl plan --profile cpu` makes a plan that it can"
        )
    elif missing := [one.model for one in components if one.model not in models]:
        found.append(f"deploy cannot fetch {', '.join(missing)}: no digests in the catalogue of models yet")
    if profile == "gpu" and not isinstance(facts.gpus, Unknown):
        silent = facts.gpus.silent
        found += [f"GPU {one.index} does not answer ({one.problem}), and is left out: reset it" for one in silent]
    if engines.voice.licence == "LicenseRef-CPML":
        found.append("XTTS v2 is under the Coqui Public Model License, which forbids commercial use")
    if engines.llm is not None and engines.llm.id == SMOLLM and profile == "cpu":
        found.append(
            f"{SMOLLM} speaks because the model hub cannot be reached ({_hub_problem(facts)}) and {QWEN} is not in the "
            "store: it invents answers, so do not let it speak to real callers"
        )
    return tuple(found)


def _hub_problem(facts: "Facts") -> str:
    return facts.models.why_unknown if isinstance(facts.models, Unknown) else facts.models.hub_problem
