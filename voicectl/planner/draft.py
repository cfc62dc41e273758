"""One profile thought through: its engines, and the calls that they carry, before anything is promised."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from voicectl.errors import MachineError
from voicectl.hardware.facts import Unknown
from voicectl.planner.calibrate import Calibrated, calibrated_limits
from voicectl.planner.capacity import Capacity, Site, capacity_of
from voicectl.planner.cards import cards_of
from voicectl.planner.components import Component, components_of, turn_model_of
from voicectl.planner.engines import Engines, choose_engines
from voicectl.planner.measured import AnsweredBy, Cell, Measured, Probe, Setup
from voicectl.planner.site_limits import SYSTEM_RAM_MIB
from voicectl.planner.tuning import LanguageSettings, language_settings
from voicectl.planner.wishes import Profile, Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voicectl.catalogue.catalogue import Catalogue
    from voicectl.catalogue.models import Model
    from voicectl.config.sections import Config
    from voicectl.hardware.facts import Facts

_HARD: Final = {"vram", "ram"}
"""What gives out at once; beyond the other limits callers wait longer and longer."""


@dataclass(frozen=True)
class Question:
    """What one run of `plan` reads."""

    config: "Config"
    facts: "Facts"
    models: "Mapping[str, Model]"
    catalogue: "Catalogue"
    wishes: Wishes
    measured: Measured

    @property
    def asked(self) -> int:
        """Calls at the same time."""
        return self.wishes.calls or self.config.calls.most

    @property
    def is_promise(self) -> bool:
        """Whether nobody may wait: the calls stand on the command line."""
        return self.wishes.calls is not None

    def is_refused(self, draft: "Draft") -> bool:
        """Whether the calls cannot be had: not at all, or, where they are no promise, not even with waiting."""
        if draft.capacity is None or not draft.carried:
            return True
        binding = (one for one in draft.capacity.limits if self.is_promise or one.constraint in _HARD)
        return any(limit.calls < self.asked for limit in binding)

    def cells_of(self, engines: Engines, answered_by: AnsweredBy) -> tuple[Cell, ...]:
        """Benchmarks of exactly these engines on this very processor."""
        cpu = self.facts.cpu
        model, cores = ("", 0) if isinstance(cpu, Unknown) else (cpu.model, cpu.cores)
        llm = engines.llm.id if engines.llm else None
        setup = Setup(model, cores, engines.stt.id, engines.voice.id, llm, self.config.turns.stop_ms)
        return self.measured.cells_of(setup, answered_by)

    @property
    def probe(self) -> Probe | None:
        """Of the engines on this very processor."""
        cpu = self.facts.cpu
        return None if isinstance(cpu, Unknown) else self.measured.probe_of(cpu.model, cpu.cores)


@dataclass(frozen=True)
class Draft:
    """Engines, and what they carry here."""

    profile: Profile
    engines: Engines
    components: tuple[Component, ...]
    settings: LanguageSettings
    needs_mib: int
    """Main memory for the calls that are asked for."""
    site: Site
    capacity: Capacity | None
    """None: a card is needed and there is none, or fewer calls are carried than were of interest."""

    calibration: tuple[Calibrated, ...]
    """Of the calls."""

    @property
    def carried(self) -> int:
        """The most calls."""
        return self.capacity.calls if self.capacity else 0


def draft_of(profile: Profile, question: Question, *, least: int = 0) -> Draft:
    """The profile's engines around what is pinned; a capacity of fewer than `least` calls is not reckoned through.

    Raises:
        UsageError: a pin is not in the catalogue, or not for this profile.
        MachineError: the catalogue lacks a model.
    """
    config, facts, catalogue = question.config, question.facts, question.catalogue
    engines = choose_engines(profile, question.wishes, facts, catalogue)
    settings = language_settings(profile, question.asked, engines.context_tokens)
    components = _components(profile, engines, question, settings.parallel_answers)
    needs_mib = SYSTEM_RAM_MIB + sum(one.ram_mib for one in components)
    voice_mib = sum(one.ram_mib for one in components if one.service == "tts-service")
    cards = cards_of(facts, catalogue.gpus)
    site = Site(config, facts, cards, fixed_ram_mib=needs_mib - voice_mib, probe=question.probe)
    capacity = capacity_of(profile, engines, site, asked=question.asked, least=least)
    calibration: tuple[Calibrated, ...] = ()
    if capacity is not None and capacity.placement is None:
        limits, calibration = calibrated_limits(capacity.limits, question.cells_of(engines, "script"))
        capacity = Capacity(None, limits)
    return Draft(profile, engines, components, settings, needs_mib, site, capacity, calibration)


def _components(profile: Profile, engines: Engines, question: Question, parallel: int) -> tuple[Component, ...]:
    """What nobody pinned must be what this voicectl can fetch; the gpu profile is planned before it can be."""
    found = (
        *components_of(engines, question.asked, parallel),
        *turn_model_of(question.config.turns.endpointing),
    )
    pins = (question.wishes.stt, question.wishes.llm, question.wishes.tts)
    pinned = {name.partition("@")[0] for name in pins if name is not None}
    for one in found:
        if profile != "gpu" and one.model not in question.models and one.model not in pinned:
            raise MachineError("E412", f"model {one.model}", "it is not in the catalogue", fix="reinstall voicectl")
    return found
