"""The plan: which engines answer the phone on this machine, and why; the one thing that render and deploy read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from voicectl.errors import MachineError
from voicectl.planner.choose_profile import Profile, Rejected, choose_profile
from voicectl.planner.components import Component, components_of
from voicectl.planner.fingerprint import Input, fingerprint_of, inputs_of
from voicectl.planner.fit import ensure_it_fits, warnings_of
from voicectl.planner.tuning import LanguageSettings, Threads, language_settings, threads_of

if TYPE_CHECKING:
    from voicectl.catalogue.models import Model
    from voicectl.config.sections import Config
    from voicectl.hardware.facts import Facts

SCHEMA: Final = "voicectl.plan/1"


@dataclass(frozen=True)
class Plan:
    """What `voicectl plan` decided."""

    profile: Profile
    reason: str
    components: tuple[Component, ...]
    """In the order in which their services start."""
    calls_asked: int
    threads: Threads
    settings: LanguageSettings
    rejected: tuple[Rejected, ...]
    warnings: tuple[str, ...]
    inputs: tuple[Input, ...]
    fingerprint: str
    """sha256 over the inputs."""

    def component(self, service: str) -> Component | None:
        """The engine of one service (the orchestrator's is its matcher); None where the plan has no such service."""
        return next((one for one in self.components if one.service == service), None)


def make_plan(
    config: "Config", facts: "Facts", models: Mapping[str, "Model"], *, profile: Profile | None = None
) -> Plan:
    """Choose engines for this machine: the same inputs always give the same plan.

    Args:
        config: the operator's wishes.
        facts: the machine.
        models: the catalogue.
        profile: overrules `agent.profile` (`voicectl plan --profile`).

    Raises:
        InfeasibleError: no plan carries what was asked for here.
        MachineError: the catalogue lacks a model.
    """
    calls = config.calls.most
    choice = choose_profile(config, facts, profile)
    components = components_of(choice.profile, calls, facts)
    _ensure_known(choice.profile, components, models)
    ensure_it_fits(choice.profile, calls, components, facts)
    inputs = inputs_of(config, facts, choice.profile)
    return Plan(
        profile=choice.profile,
        reason=choice.reason,
        components=components,
        calls_asked=calls,
        threads=threads_of(choice.profile, facts),
        settings=language_settings(choice.profile, calls),
        rejected=choice.rejected,
        warnings=warnings_of(choice.profile, calls, components, facts),
        inputs=inputs,
        fingerprint=fingerprint_of(inputs),
    )


def _ensure_known(profile: Profile, components: tuple[Component, ...], models: Mapping[str, "Model"]) -> None:
    if profile == "gpu":  # planned for before its models are in the catalogue; deploy refuses it
        return
    for one in components:
        if one.model not in models:
            raise MachineError("E412", f"model {one.model}", "it is not in the catalogue", fix="reinstall voicectl")
