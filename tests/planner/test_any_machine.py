"""What must hold of every plan, on machines and with pins that nobody thought of."""

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tests.machines.machine import change
from tests.machines.many import cards, machines, pins
from voicectl.catalogue.catalogue import load_catalogue
from voicectl.catalogue.gpu_names import find_gpu
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.errors import InfeasibleError, UsageError
from voicectl.hardware.facts import Facts, Gpu
from voicectl.planner.cards import around_cards, imagine
from voicectl.planner.document import plan_to_dict
from voicectl.planner.plan import Plan, make_plan
from voicectl.planner.wishes import Wishes

MODELS, WORLD = load_models(), load_catalogue()
ROOMY = parse_config("sip.rtp_first = 20000\nsip.rtp_last = 59999\n")
CONSTRAINTS = {"vram", "tts", "llm-tok/s", "prefill", "stt", "cpu", "ram", "rtp ports", "network"}
MOST_CALLS = 1000
SOME = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[phase for phase in Phase if phase is not Phase.shrink],  # minutes, for machines that are small anyway
)


def answer(facts: Facts, wishes: dict[str, Any]) -> Plan | InfeasibleError | None:
    """A plan, a refusal, or None where the pins contradict each other."""
    try:
        return make_plan(ROOMY, facts, MODELS, wishes=Wishes(**wishes))
    except UsageError:
        return None
    except InfeasibleError as refused:
        return refused


def most(facts: Facts, wishes: dict[str, Any]) -> int:
    found = answer(facts, wishes)
    return found.calls.max if isinstance(found, Plan) else 0


def is_carried(facts: Facts, wishes: dict[str, Any]) -> bool:
    found = answer(facts, wishes)
    return isinstance(found, Plan) and found.feasible


@SOME
@given(facts=machines(), wishes=pins())
def test_a_plan_adds_up_and_its_most_is_the_most(facts: Facts, wishes: dict[str, Any]) -> None:
    """Nothing exceeds a card, every mebibyte has an owner, N holds and N+1 does not; twice the same bytes."""
    plan = answer(facts, wishes)
    assume(isinstance(plan, Plan))
    assert isinstance(plan, Plan)
    for card in plan.vram:
        assert card.used_mib + card.headroom_mib == card.total_mib
        assert sum(term.mib for term in card.terms) == pytest.approx(card.used_mib, abs=1)
        assert card.headroom_mib >= 0
    assert plan.binding_constraint == plan.limits[0].constraint in CONSTRAINTS
    assert plan.calls.max == min(limit.calls for limit in plan.limits) >= 1
    assert plan.feasible is (plan.calls.asked <= plan.calls.max)
    same = {**wishes, "profile": plan.profile}
    assert is_carried(facts, {**same, "calls": plan.calls.max})
    if plan.calls.max < MOST_CALLS:
        assert isinstance(answer(facts, {**same, "calls": plan.calls.max + 1}), InfeasibleError)
    again = answer(facts, wishes)
    assert isinstance(again, Plan)
    assert json.dumps(plan_to_dict(again)) == json.dumps(plan_to_dict(plan))


@SOME
@given(facts=machines(), wishes=pins())
def test_every_refusal_offers_what_can_be_had(facts: Facts, wishes: dict[str, Any]) -> None:
    """Never a shrug: each offer is a plan for the number of calls that it names, with all other pins kept."""
    refused = answer(facts, wishes)
    assume(isinstance(refused, InfeasibleError) and refused.code != "E417")
    assert isinstance(refused, InfeasibleError)

    refusal = refused.refusal
    assert refusal["binding_constraint"] in CONSTRAINTS
    assert refusal["offers"]
    for offer in refusal["offers"]:
        there, changed = follow(facts, wishes, offer)
        if changed is not None:
            assert is_carried(there, changed), offer


def follow(facts: Facts, wishes: dict[str, Any], offer: Any) -> tuple[Facts, dict[str, Any] | None]:
    """The machine and the pins once the option was added; no option makes the same machine a larger one."""
    words = shlex.split(offer["option"])
    options = dict(zip(words[::2], words[1::2], strict=True))
    row = find_gpu(options.pop("--gpu", ""), WORLD.gpus)
    if row is None and offer["kind"] == "another machine":
        return facts, None
    if row is not None:
        wishes = {"profile": "gpu", **wishes}
        facts = imagine(facts, row, int(options.pop("--gpus", 1)))
    names = {"--calls": "calls", "--context": "context_tokens"}
    given_ = {names.get(key, key[2:]): int(value) if key in names else value for key, value in options.items()}
    return around_cards(facts) if offer["kind"] == "another machine" else facts, {**wishes, **given_}


def _larger(card: Gpu) -> Gpu:
    clock = card.memory_clock_mhz
    return replace(card, vram_mib=card.vram_mib + 6000, memory_clock_mhz=clock and clock * 2)


def _with_cards(facts: Facts, change_cards: Callable[[tuple[Gpu, ...]], tuple[Gpu, ...]]) -> Facts:
    found = change_cards(change(facts.gpus).cards)
    return replace(facts, gpus=change(facts.gpus, cards=found, state="usable" if found else "none"))


def _more_cores(facts: Facts) -> Facts:
    return replace(facts, cpu=change(facts.cpu, cores=2 * change(facts.cpu).cores))


def _more_memory(facts: Facts) -> Facts:
    return replace(facts, memory=change(facts.memory, total_mib=4 * change(facts.memory).total_mib, limit_mib=None))


def _freed(facts: Facts) -> Facts:
    return _with_cards(facts, lambda found: tuple(replace(card, vram_used_mib=0, processes=()) for card in found))


def _largest_grown(facts: Facts) -> Facts:
    return _with_cards(facts, lambda found: (*map(_larger, found[:1]), *found[1:]))


MORE: list[Callable[[Facts], Facts]] = [_more_cores, _more_memory, _freed, _largest_grown]


@SOME
@given(facts=machines(), wishes=pins(), more=st.sampled_from(MORE), added=st.none() | cards(8))
def test_more_hardware_never_carries_less(
    facts: Facts, wishes: dict[str, Any], more: Callable[[Facts], Facts], added: Gpu | None
) -> None:
    """Cores, memory, a larger or one more card: as many calls with a named profile, and all that were asked without."""
    larger = more(facts) if added is None else _with_cards(facts, lambda found: (*found, added))
    assume("commercial" not in wishes)  # a card brings XTTS, which a business has to acknowledge

    assert is_carried(larger, wishes) >= is_carried(facts, wishes)
    assert most(larger, {"profile": "gpu", **wishes}) >= most(facts, {"profile": "gpu", **wishes})
    assert isinstance(answer(larger, wishes), Plan) >= isinstance(answer(facts, wishes), Plan)


@SOME
@given(facts=machines(), wishes=pins())
def test_fewer_calls_less_context_and_fewer_bits_never_cost_more(facts: Facts, wishes: dict[str, Any]) -> None:
    """And the order in which the driver counts the cards changes nothing."""
    plan = answer(facts, wishes)
    assume(isinstance(plan, Plan))
    assert isinstance(plan, Plan)
    same = {**wishes, "profile": plan.profile}
    assert most(_with_cards(facts, lambda found: found[::-1]), same) == plan.calls.max
    if plan.feasible and plan.calls.asked > 1:
        assert is_carried(facts, {**same, "calls": plan.calls.asked - 1})
    model = plan.component("llm-service")
    if model is not None:
        row = WORLD.language_models[model.model]
        context, here = plan.settings.context_tokens, row.precisions.index(model.precision)
        if context > 256:
            assert most(facts, {**same, "context_tokens": context // 2}) >= plan.calls.max
        if here:
            fewer = f"{row.id}@{row.precisions[here - 1]}"
            assert most(facts, {**same, "llm": fewer, "context_tokens": context}) >= plan.calls.max
