"""Whether the chosen engines fit this machine, and what the operator should be warned of when they do."""

from typing import TYPE_CHECKING, Final

from voicectl.errors import InfeasibleError
from voicectl.hardware.facts import Unknown
from voicectl.planner.choose_profile import Profile, usable_card
from voicectl.planner.components import QWEN, SMOLLM, Component
from voicectl.planner.gpu_memory import most_calls, needed_vram_mib

if TYPE_CHECKING:
    from voicectl.hardware.facts import Facts

SYSTEM_RAM_MIB: Final = 400
"""The kernel, the shell, and Asterisk with its calls."""
CALLS_A_CORE: Final = 3
"""Measured with a prototype on two cores: six calls answer at 433 ms p50, ten at 871 ms."""


def ensure_it_fits(profile: Profile, calls: int, components: tuple[Component, ...], facts: "Facts") -> None:
    """Refuse a plan that this machine cannot carry.

    Raises:
        InfeasibleError: it says what would have to change.
    """
    if not isinstance(facts.memory, Unknown):
        has_mib = min(facts.memory.total_mib, facts.memory.limit_mib or facts.memory.total_mib)
        needs_mib = SYSTEM_RAM_MIB + sum(one.ram_mib for one in components if one.device == "cpu")
        if needs_mib > has_mib:
            problem = f"profile {profile} needs {needs_mib} MiB of memory and this machine has {has_mib}"
            cheaper = " or `voicectl plan --profile embedded`" if profile == "cpu" else ""
            raise InfeasibleError("E413", "memory", problem, fix=f"add {needs_mib - has_mib} MiB{cheaper}")
    card = usable_card(facts)
    if profile == "gpu" and card is not None and needed_vram_mib(calls) > card.vram_mib:
        problem = f"{calls} calls need {needed_vram_mib(calls)} MiB and the {card.name} has {card.vram_mib}"
        raise InfeasibleError("E414", "calls.most", problem, fix=f"set calls.most to {most_calls(card.vram_mib)}")


def warnings_of(profile: Profile, calls: int, components: tuple[Component, ...], facts: "Facts") -> tuple[str, ...]:
    """What works, but not as the operator may expect."""
    found = []
    if profile == "gpu":
        found.append(
            "deploy cannot install the gpu profile yet; `voicectl plan --profile cpu` makes a plan that it can"
        )
        found.append("XTTS v2 is under the Coqui Public Model License, which forbids commercial use")
    elif not isinstance(facts.cpu, Unknown) and calls > CALLS_A_CORE * facts.cpu.cores:
        fluent = CALLS_A_CORE * facts.cpu.cores
        found.append(
            f"{calls} simultaneous calls on {facts.cpu.cores} cores: beyond {fluent}, callers wait for answers"
        )
    if any(one.model == SMOLLM for one in components):
        found.append(
            f"{SMOLLM} speaks because the model hub cannot be reached ({_hub_problem(facts)}) and {QWEN} is not in the "
            "store: it invents answers, so do not let it speak to real callers"
        )
    return tuple(found)


def _hub_problem(facts: "Facts") -> str:
    return facts.models.why_unknown if isinstance(facts.models, Unknown) else facts.models.hub_problem
