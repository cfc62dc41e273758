"""The plan: which engines answer the phone on this machine, and why; the one thing that render and deploy read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.planner.calibrate import Calibrated, calibrated_latency, probed_off
from voicectl.planner.choose_profile import Choice, Rejected, choose_profile
from voicectl.planner.components import Component, on_cards
from voicectl.planner.cost import Cost
from voicectl.planner.cpu_speed import cpu_speed
from voicectl.planner.discipline import Way, discipline_of
from voicectl.planner.draft import Draft, Question
from voicectl.planner.engines import Engines
from voicectl.planner.fingerprint import Input, fingerprint_of, inputs_of
from voicectl.planner.fit import ensure_carried, warnings_of
from voicectl.planner.latency import Latency
from voicectl.planner.licences import LicenceUse, licences_of
from voicectl.planner.limits import Calls, Limit
from voicectl.planner.measured import Measured
from voicectl.planner.offers import for_a_small_card
from voicectl.planner.placement import CardLedger, ledgers
from voicectl.planner.rtp import RtpPorts, rtp_ports
from voicectl.planner.seed import SeedClaim, seed_claims
from voicectl.planner.tuning import LanguageSettings, Threads, on_these, threads_of
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
    known = measured or Measured()
    return _Planning(Question(config, facts, models, load_catalogue(), wishes or Wishes(), known)).plan()


@dataclass(frozen=True)
class _Planning:
    """One run, with what every step reads."""

    question: Question

    def plan(self) -> Plan:
        question = self.question
        config, facts, asked = question.config, question.facts, question.asked
        choice = choose_profile(question)
        draft, engines, profile = choice.draft, choice.draft.engines, choice.draft.profile
        licences = licences_of(draft, question)
        capacity = ensure_carried(choice, question)
        limits, placement, most = capacity.limits, capacity.placement, capacity.calls
        threads = threads_of(profile, facts, speaks=engines.llm is not None)
        site = TurnSite(threads, placement, config.turns, question.probe)
        script, script_off = calibrated_latency(script_latency(engines, site), question.cells_of(engines, "script"))
        model, model_off = self._model_latency(engines, site)
        inputs = inputs_of(config, facts, profile, question.wishes)
        cards = placement.cards if placement else ()
        vram = ledgers(placement, engines, asked) if placement else ()
        return Plan(
            profile=profile,
            reason=choice.reason,
            feasible=asked <= most,
            calls=Calls(asked, most),
            binding_constraint=limits[0].constraint,
            limits=limits,
            components=on_cards(draft.components, vram),
            placement=placement.how if placement else "every engine on the processor",
            vram=vram,
            latency_ms=script,
            model_latency_ms=model,
            seed_claims=seed_claims(engines.stt, cards, most, script),
            rtp_ports=rtp_ports(config, asked),
            threads=threads,
            settings=on_these(draft.settings, placement.llm if placement else ()),
            speech_workers=speech_workers(engines.voice, asked),
            start_order=("asterisk-pbx", *dict.fromkeys(one.service for one in draft.components)),
            discipline=discipline_of(engines, placement, asked),
            licences=licences,
            rejected=self._rejected(choice),
            warnings=self._warnings(draft, limits[0]),
            wishes=question.wishes,
            inputs=inputs,
            fingerprint=fingerprint_of(inputs),
            calibration=(*self._probed(engines, threads), *script_off, *model_off, *draft.calibration),
        )

    def _model_latency(self, engines: Engines, site: TurnSite) -> tuple[Latency | None, tuple[Calibrated, ...]]:
        """Of a turn that the language model answers; None where none speaks."""
        estimate = model_latency(engines, site, self.question.asked)
        if estimate is None:
            return None, ()
        return calibrated_latency(estimate, self.question.cells_of(engines, "model"), "the model's answers, ")

    def _warnings(self, draft: Draft, binding: Limit) -> tuple[str, ...]:
        asked = self.question.asked
        found = warnings_of(draft, self.question)
        if asked <= binding.calls:
            return found
        return (*found, f"{asked} calls at once: beyond {binding.calls}, callers wait for answers ({binding.why})")

    def _rejected(self, choice: Choice) -> tuple[Rejected, ...]:
        """Where a card is too small for the usual engines, what it would carry instead."""
        config, site = self.question.config, choice.draft.site
        is_named = self.question.wishes.profile is not None or config.agent.profile != "auto"
        if is_named or choice.draft.profile == "gpu" or not site.cards:
            return choice.rejected
        hint = for_a_small_card(self.question)
        return tuple(replace(one, why=one.why + hint) if one.what == "profile gpu" else one for one in choice.rejected)

    def _probed(self, engines: Engines, threads: Threads) -> tuple[Calibrated, ...]:
        """How far the catalogue's speeds are from this processor's."""
        probe = self.question.probe
        if probe is None or engines.stt_device != "cpu":
            return ()
        return probed_off(cpu_speed(engines, threads), cpu_speed(engines, threads, probe))
