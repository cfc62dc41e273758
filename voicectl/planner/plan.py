"""The plan: which engines answer the phone on this machine, and why; the one thing that render and deploy read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from voicectl.catalogue.catalogue import Catalogue, load_catalogue
from voicectl.errors import InfeasibleError, MachineError
from voicectl.hardware.facts import Unknown
from voicectl.planner.calibrate import Calibrated, calibrated_latency, calibrated_limits, probed_off
from voicectl.planner.capacity import Capacity, Site, capacity_of
from voicectl.planner.cards import cards_of
from voicectl.planner.choose_profile import Choice, Rejected, choose_profile, why_no_card
from voicectl.planner.components import Component, components_of, on_cards, turn_model_of
from voicectl.planner.cost import Cost
from voicectl.planner.cpu_speed import cpu_speed
from voicectl.planner.discipline import Way, discipline_of, offload_that_fits
from voicectl.planner.engines import TTS, Engines, choose_engines
from voicectl.planner.fingerprint import Input, fingerprint_of, inputs_of
from voicectl.planner.fit import ensure_memory, refuse, warnings_of
from voicectl.planner.latency import Latency
from voicectl.planner.licences import LicenceUse, ensure_allowed, licence_uses
from voicectl.planner.limits import Limit
from voicectl.planner.measured import Measured, Probe, Setup
from voicectl.planner.offers import for_a_small_card, offers
from voicectl.planner.placement import CardLedger, ledgers
from voicectl.planner.rtp import RtpPorts, rtp_ports
from voicectl.planner.seed import SeedClaim, seed_claims
from voicectl.planner.site_limits import SYSTEM_RAM_MIB
from voicectl.planner.tuning import LanguageSettings, Threads, language_settings, on_these, threads_of
from voicectl.planner.turn_times import TurnSite, model_latency, script_latency
from voicectl.planner.voice_workers import speech_workers
from voicectl.planner.wishes import Profile, Wishes

if TYPE_CHECKING:
    from voicectl.catalogue.models import Model
    from voicectl.config.sections import Config
    from voicectl.hardware.facts import Facts

SCHEMA: Final = "voicectl.plan/1"
_HARD: Final = {"vram", "ram"}
"""What gives out at once; beyond the other limits callers wait longer and longer."""


@dataclass(frozen=True)
class Calls:
    """Calls at the same time."""

    asked: int
    max: int
    """That this plan carries."""


@dataclass(frozen=True)
class Plan:
    """What `voicectl plan` decided."""

    profile: Profile
    reason: str
    feasible: bool
    """Whether the calls that are asked for are carried; callers wait where they are not."""
    calls: Calls
    binding_constraint: str
    limits: tuple[Limit, ...]
    """What bounds the calls, the tightest first."""
    components: tuple[Component, ...]
    """In the order in which their services start."""
    placement: str
    vram: tuple[CardLedger, ...]
    latency_ms: Latency
    """A turn that the script answers."""
    model_latency_ms: Latency | None
    """A turn that the language model answers."""
    seed_claims: tuple[SeedClaim, ...]
    """What the mission's tables say of these engines; nothing was reckoned with them."""
    rtp_ports: RtpPorts
    threads: Threads
    settings: LanguageSettings
    speech_workers: int
    """Processes of the voice."""
    start_order: tuple[str, ...]
    discipline: tuple[Way, ...]
    """What stays on a card, and what giving way would cost."""
    licences: tuple[LicenceUse, ...]
    rejected: tuple[Rejected, ...]
    warnings: tuple[str, ...]
    wishes: Wishes
    inputs: tuple[Input, ...]
    fingerprint: str
    """sha256 over the inputs."""
    calibration: tuple[Calibrated, ...] = ()
    """Estimates that were replaced by what was measured here."""
    cost: Cost | None = None
    """Where it was asked for."""

    def component(self, service: str) -> Component | None:
        """The engine of one service (the orchestrator's is its matcher); None where the plan has no such service."""
        return next((one for one in self.components if one.service == service), None)


def make_plan(
    config: "Config",
    facts: "Facts",
    models: Mapping[str, "Model"],
    *,
    wishes: Wishes | None = None,
    measured: Measured | None = None,
) -> Plan:
    """Choose engines for this machine: the same inputs always give the same plan.

    Args:
        config: the operator's configuration.
        facts: the machine.
        models: what can be fetched, by digest.
        wishes: what the operator pins for this plan.
        measured: what was measured here before.

    Raises:
        InfeasibleError: no plan carries what was asked for here, or a licence forbids it.
        UsageError: a pin is not in the catalogue.
        MachineError: the catalogue lacks a model.
    """
    return _Planning(config, facts, models, load_catalogue(), wishes or Wishes(), measured or Measured()).plan()


def _with_config(wishes: Wishes, config: "Config") -> Wishes:
    """What the configuration says of licences holds for every plan."""
    accepted = dict.fromkeys((*config.agent.accepted_licences, *wishes.accepted_licences))
    return replace(
        wishes, commercial=wishes.commercial or config.agent.commercial, accepted_licences=tuple(sorted(accepted))
    )


@dataclass(frozen=True)
class _Planning:
    """One run, with what every step reads."""

    config: "Config"
    facts: "Facts"
    models: Mapping[str, "Model"]
    catalogue: Catalogue
    wishes: Wishes
    measured: Measured

    def plan(self) -> Plan:
        choice = choose_profile(self.config, self.facts, self.wishes)
        profile = choice.profile
        engines = choose_engines(profile, self.wishes, self.facts, self.catalogue)
        allowed = _with_config(self.wishes, self.config)
        licences = licence_uses(engines, self.models, self.catalogue.licences, allowed)
        ensure_allowed(licences, allowed)
        asked = self.wishes.calls or self.config.calls.most
        settings = language_settings(profile, asked, engines.context_tokens)
        components = self._components(profile, engines, asked, settings.parallel_answers)
        capacity = self._capacity(profile, engines, components, asked)
        cells = self.measured.cells_of(self._setup(engines))
        limits, calls_off = calibrated_limits(capacity.limits, cells if capacity.placement is None else ())
        most = limits[0].calls
        placement = capacity.placement
        threads = threads_of(profile, self.facts, speaks=engines.llm is not None)
        site = TurnSite(threads, placement, self.config.turns, self._probe())
        script, latency_off = calibrated_latency(script_latency(engines, site), cells)
        inputs = inputs_of(self.config, self.facts, profile, self.wishes)
        cards = placement.cards if placement else ()
        vram = ledgers(placement, engines, asked) if placement else ()
        return Plan(
            profile=profile,
            reason=choice.reason,
            feasible=asked <= most,
            calls=Calls(asked, most),
            binding_constraint=limits[0].constraint,
            limits=limits,
            components=on_cards(components, vram),
            placement=placement.how if placement else "every engine on the processor",
            vram=vram,
            latency_ms=script,
            model_latency_ms=model_latency(engines, site, asked),
            seed_claims=seed_claims(engines.stt, cards, most, script),
            rtp_ports=rtp_ports(self.config, asked),
            threads=threads,
            settings=on_these(settings, placement.llm if placement else ()),
            speech_workers=speech_workers(engines.voice, asked),
            start_order=("asterisk-pbx", *dict.fromkeys(one.service for one in components)),
            discipline=discipline_of(engines, placement, asked),
            licences=licences,
            rejected=self._rejected(choice),
            warnings=self._warnings(profile, engines, components, limits[0]),
            wishes=self.wishes,
            inputs=inputs,
            fingerprint=fingerprint_of(inputs),
            calibration=(*self._probed(engines, threads), *latency_off, *calls_off),
        )

    def _warnings(
        self, profile: Profile, engines: Engines, components: tuple[Component, ...], binding: Limit
    ) -> tuple[str, ...]:
        asked = self.wishes.calls or self.config.calls.most
        found = warnings_of(profile, engines, components, self.models, self.facts)
        if asked <= binding.calls:
            return found
        return (*found, f"{asked} calls at once: beyond {binding.calls}, callers wait for answers ({binding.why})")

    def _rejected(self, choice: Choice) -> tuple[Rejected, ...]:
        """Where a card is too small for the usual engines, what it would carry instead."""
        cards = cards_of(self.facts, self.catalogue.gpus)
        is_named = self.wishes.profile is not None or self.config.agent.profile != "auto"
        if is_named or choice.profile == "gpu" or not cards:
            return choice.rejected
        hint = for_a_small_card(Site(self.config, self.facts, cards, SYSTEM_RAM_MIB), self.catalogue)
        return tuple(replace(one, why=one.why + hint) if one.what == "profile gpu" else one for one in choice.rejected)

    def _setup(self, engines: Engines) -> Setup:
        cpu = self.facts.cpu
        model, cores = ("", 0) if isinstance(cpu, Unknown) else (cpu.model, cpu.cores)
        llm = engines.llm.id if engines.llm else None
        return Setup(model, cores, engines.stt.id, engines.voice.id, llm, self.config.turns.stop_ms)

    def _probe(self) -> Probe | None:
        cpu = self.facts.cpu
        return None if isinstance(cpu, Unknown) else self.measured.probe_of(cpu.model, cpu.cores)

    def _probed(self, engines: Engines, threads: Threads) -> tuple[Calibrated, ...]:
        """How far the catalogue's speeds are from this processor's."""
        probe = self._probe()
        if probe is None or engines.stt_device != "cpu":
            return ()
        return probed_off(cpu_speed(engines, threads), cpu_speed(engines, threads, probe))

    def _capacity(self, profile: Profile, engines: Engines, components: tuple[Component, ...], asked: int) -> Capacity:
        """What the engines carry, once it is sure that they carry what is asked."""
        voice_mib = sum(one.ram_mib for one in components if one.service == "tts-service")
        needs_mib = SYSTEM_RAM_MIB + sum(one.ram_mib for one in components)
        if not engines.on_card:
            ensure_memory(profile, needs_mib, self.facts)
        site = Site(
            self.config,
            self.facts,
            cards_of(self.facts, self.catalogue.gpus),
            fixed_ram_mib=needs_mib - voice_mib,
            probe=self._probe(),
        )
        capacity = capacity_of(profile, engines, site)
        if capacity is None:
            fix = f"take another voice (--tts {TTS['cpu']}), or a card (--gpu NAME)"
            raise InfeasibleError("E411", f"voice {engines.voice.id}", why_no_card(self.facts), fix=fix)
        is_promise = self.wishes.calls is not None
        carried = capacity.calls if is_promise else min(capacity.of(each) for each in _HARD if _has(capacity, each))
        if asked > carried or not capacity.calls:
            where = "--calls" if is_promise else "calls.most"
            give_way = offload_that_fits(engines, capacity.placement, asked)
            raise refuse(capacity, asked, where, offers(profile, engines, site, asked, self.catalogue), give_way)
        return capacity

    def _components(self, profile: Profile, engines: Engines, asked: int, parallel: int) -> tuple[Component, ...]:
        """What nobody pinned must be what this voicectl can fetch; the gpu profile is planned before it can be."""
        found = (*components_of(engines, asked, parallel), *turn_model_of(self.config.turns.endpointing))
        pins = (self.wishes.stt, self.wishes.llm, self.wishes.tts)
        pinned = {name.partition("@")[0] for name in pins if name is not None}
        for one in found:
            if profile != "gpu" and one.model not in self.models and one.model not in pinned:
                raise MachineError("E412", f"model {one.model}", "it is not in the catalogue", fix="reinstall voicectl")
        return found


def _has(capacity: Capacity, constraint: str) -> bool:
    return any(limit.constraint == constraint for limit in capacity.limits)
