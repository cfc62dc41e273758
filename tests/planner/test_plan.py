"""Which profile a machine gets, and why."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.machines.anything import any_facts, any_wishes
from tests.machines.machine import change, machine
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.config.sections import Config
from voicectl.errors import InfeasibleError, MachineError
from voicectl.hardware.facts import Facts, MigInstance
from voicectl.planner.document import plan_from_dict, plan_to_dict
from voicectl.planner.plan import SCHEMA, Plan, make_plan
from voicectl.planner.wishes import Profile, Wishes

MODELS = load_models()


def plan_of(facts: Facts, config: str = "", profile: Profile | None = None) -> Plan:
    return make_plan(parse_config(config), facts, MODELS, wishes=Wishes(profile=profile))


def models_of(plan: Plan) -> dict[str, str]:
    return {one.service: one.model for one in reversed(plan.components)}


@pytest.mark.parametrize(
    ("name", "config", "profile", "because"),
    [
        ("bare_vm", "", "embedded", "no NVIDIA GPU"),
        ("bare_vm", "agent.language_model = true", "cpu", "agent.language_model"),
        ("bare_vm", 'agent.profile = "cpu"', "cpu", "agent.profile names it"),
        ("gpu_box", "", "gpu", "RTX 4090 has 24564 MiB"),
        ("gpu_box", "agent.language_model = true", "gpu", "RTX 4090"),
        ("gpu_box", 'agent.profile = "embedded"', "embedded", "agent.profile names it"),
        ("driver_mismatch", "", "embedded", "different versions"),
        ("silent", "", "embedded", "not known whether there is a GPU"),
    ],
)
def test_a_profile_is_chosen_for_a_stated_reason(name: str, config: str, profile: str, because: str) -> None:
    """The machine and the operator's wishes decide; the plan says which of them did."""
    plan = plan_of(machine(name), config)

    assert plan.profile == profile
    assert because in plan.reason
    assert {one.what for one in plan.rejected} == {f"profile {one}" for one in ("embedded", "cpu", "gpu")} - {
        f"profile {profile}"
    }
    assert all(one.why for one in plan.rejected)


def test_the_command_line_overrules_the_configuration() -> None:
    """`voicectl plan --profile cpu` means that a model may speak."""
    plan = plan_of(machine("bare_vm"), 'agent.profile = "embedded"', "cpu")

    assert plan.profile == "cpu"
    assert plan.reason == "--profile names it"
    assert models_of(plan)["llm-service"] == "qwen2.5-0.5b-instruct"


def test_a_card_that_is_too_small_is_no_gpu() -> None:
    """The figure that is missing is named."""
    facts = machine("gpu_box")
    card: Any = change(facts.gpus).cards[0]
    plan = plan_of(replace(facts, gpus=change(facts.gpus, cards=(replace(card, vram_mib=8192),))))

    assert plan.profile == "embedded"
    assert "the largest GPU has 8192 MiB" in plan.reason
    (why,) = (one.why for one in plan.rejected if one.what == "profile gpu")
    assert "`voicectl plan --profile gpu --llm " in why
    assert "layers of qwen2.5-7b-instruct would fit (num_gpu " in why


def test_the_gpu_profile_is_refused_without_a_card() -> None:
    """Exit 11, with the reason and another way."""
    with pytest.raises(InfeasibleError, match="E411 profile gpu: there is no NVIDIA GPU") as refused:
        plan_of(machine("bare_vm"), profile="gpu")

    assert refused.value.exit_code == 11


def test_embedded_needs_no_language_model() -> None:
    """Recogniser, voice, matcher and speech detector, all on the processor."""
    plan = plan_of(machine("bare_vm"))

    assert [one.model for one in plan.components] == [
        "whisper-tiny.en",
        "piper-en_US-joe-medium",
        "minilm-l6-v2",
        "silero-vad-v6",
    ]
    assert plan.component("llm-service") is None
    assert plan.settings.parallel_answers == 0
    assert plan.threads.llm == 0


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ({"hub_reachable": True}, "qwen2.5-0.5b-instruct"),
        ({"hub_reachable": False, "hub_problem": "refused"}, "smollm2-135m-instruct"),
        ({"hub_reachable": False, "in_store": ("qwen2.5-0.5b-instruct",)}, "qwen2.5-0.5b-instruct"),
    ],
)
def test_the_truthful_model_is_taken_where_it_can_be_had(models: dict[str, Any], expected: str) -> None:
    """A hub that is down for a moment must not put another model behind a deployed agent."""
    facts = machine("bare_vm")
    plan = plan_of(replace(facts, models=change(facts.models, **models)), profile="cpu")

    assert models_of(plan)["llm-service"] == expected
    assert any("invents answers" in warning for warning in plan.warnings) is (expected == "smollm2-135m-instruct")


def test_two_cores_are_not_fought_over() -> None:
    """Beside a language model the voice gets one thread, and the matcher never more."""
    threads = plan_of(machine("bare_vm"), profile="cpu").threads

    assert (threads.stt, threads.tts, threads.matcher) == (2, 1, 1)


def test_a_fixed_silence_is_waited_for_in_every_turn() -> None:
    """The way to end a turn is part of what a caller waits."""
    adaptive = plan_of(machine("bare_vm")).latency_ms
    fixed = plan_of(machine("bare_vm"), 'turns.endpointing = "fixed"').latency_ms
    left_ms = adaptive.recognise.waited_ms + adaptive.answer.waited_ms

    assert fixed.recognise.waited_ms == fixed.answer.waited_ms == 0
    assert fixed.voice_to_voice.p50 - adaptive.voice_to_voice.p50 == pytest.approx(480 - 192 - left_ms)


def test_too_little_memory_is_refused_with_the_smallest_change() -> None:
    """Exit 11, and how much is missing."""
    facts = machine("bare_vm")
    small = replace(facts, memory=change(facts.memory, limit_mib=1700))

    with pytest.raises(InfeasibleError, match=r"E413 memory: profile cpu needs \d+ MiB .*add \d+ MiB or ") as refused:
        plan_of(small, profile="cpu")
    assert {"another machine", "another profile"} <= {str(offer["kind"]) for offer in refused.value.refusal["offers"]}
    assert plan_of(small, profile="embedded").feasible


def test_more_calls_than_the_cores_carry_is_a_warning() -> None:
    """Callers would wait; the operator hears of it before they do, and a promise of so many is refused."""
    most = plan_of(machine("bare_vm")).calls.max
    plan = plan_of(machine("bare_vm"), f"calls.most = {most + 1}")

    assert any(f"beyond {most}" in warning for warning in plan.warnings)
    assert not plan.feasible
    assert plan_of(machine("bare_vm"), f"calls.most = {most}").warnings == ()
    with pytest.raises(InfeasibleError, match=rf"E414 --calls: {most + 1} calls .*--calls {most}"):
        make_plan(parse_config(""), machine("bare_vm"), MODELS, wishes=Wishes(calls=most + 1))


def test_more_calls_than_the_card_carries_is_refused() -> None:
    """An RTX 4090 carries 13 with Qwen 2.5 7B, as the published table says; what could be had instead is named."""
    assert plan_of(machine("gpu_box"), "calls.most = 13").profile == "gpu"
    with pytest.raises(InfeasibleError, match=r"E414 calls\.most: 14 calls are more than .* vram") as refused:
        plan_of(machine("gpu_box"), "calls.most = 14", "gpu")

    assert refused.value.exit_code == 11
    assert refused.value.beside()["binding_constraint"] == "vram"
    assert {"fewer calls", "smaller model", "another voice", "another card", "machines"} <= {
        str(offer["kind"]) for offer in refused.value.refusal["offers"]
    }


@pytest.mark.parametrize("config", ["calls.most = 14", "calls.most = 14\nagent.language_model = true"])
def test_a_card_that_carries_too_few_does_not_stop_who_carries_them(config: str) -> None:
    """Left to itself, the planner takes the processor, and says how many the card would carry, and with what more."""
    plan = plan_of(machine("gpu_box"), config)

    assert plan.feasible
    assert plan.profile == ("cpu" if "true" in config else "embedded")
    assert "the gpu profile would carry 13 of the 14 calls that are asked for: vram gives out first" in plan.reason
    (why,) = (one.why for one in plan.rejected if one.what == "profile gpu")
    assert "`voicectl plan --profile gpu --llm " in why


def test_a_card_does_not_take_calls_from_few_cores() -> None:
    """Two cores beside an RTX 4090 carry two calls with it, and four without."""
    facts = machine("gpu_box")
    plan = plan_of(replace(facts, cpu=change(facts.cpu, cores=2)))

    assert (plan.profile, plan.feasible) == ("embedded", True)
    assert "would carry 2 of the 4 calls that are asked for: cpu gives out first" in plan.reason


@pytest.mark.parametrize("calls", [1, 4])
def test_a_card_is_no_reason_for_a_refusal(calls: int) -> None:
    """What the processor carries with a pinned model it carries beside a small card, too."""
    facts, wishes = machine("gpu_box"), Wishes(llm="qwen2.5-3b-instruct", calls=calls)
    card: Any = change(facts.gpus).cards[0]
    small = replace(facts, gpus=change(facts.gpus, cards=(replace(card, vram_mib=4096),)))
    none = replace(facts, gpus=change(facts.gpus, cards=(), state="none", on_bus=0))
    with_card, without = (make_plan(parse_config(""), one, MODELS, wishes=wishes) for one in (small, none))

    assert with_card.profile == without.profile == "cpu"
    assert with_card.calls == without.calls


def test_a_context_is_a_language_models() -> None:
    """Naming one asks for a profile that has a model, as naming the model does."""
    plan = make_plan(parse_config(""), machine("bare_vm"), MODELS, wishes=Wishes(context_tokens=1024))

    assert (plan.profile, plan.settings.context_tokens) == ("cpu", 1024)
    assert "--context is a language model's" in plan.reason


def test_a_catalogue_without_the_model_is_an_error() -> None:
    """A broken installation is named before anything is fetched."""
    with pytest.raises(MachineError, match=r"E412 model whisper-tiny\.en"):
        make_plan(parse_config(""), machine("bare_vm"), {})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(config=any_wishes(), facts=any_facts)
def test_every_machine_gets_a_plan_or_an_error(config: Config, facts: Facts) -> None:
    """The same inputs give the same bytes, and the document reads back as the same plan."""
    try:
        plan = make_plan(config, facts, MODELS)
    except InfeasibleError:
        return
    document = json.dumps({"schema": SCHEMA, **plan_to_dict(plan)})

    assert document == json.dumps({"schema": SCHEMA, **plan_to_dict(make_plan(config, facts, MODELS))})
    assert plan_from_dict(json.loads(document), "here") == plan
    assert all(one > 0 for one in (plan.threads.stt, plan.threads.tts, plan.threads.matcher))


def _with_cards(**changed: Any) -> Facts:
    facts = machine("gpu_box")
    card: Any = change(facts.gpus).cards[0]
    return replace(facts, gpus=change(facts.gpus, cards=(replace(card, **changed),)))


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"vram_mib": 11_264, "vram_reserved_mib": 300}, "the largest GPU has 11264 MiB, 109"),
        ({"vram_used_mib": 20_480}, "MiB, 37"),
        ({"compute_capability": "6.1"}, "compute capability of 7.0"),
        ({"mig": True, "instances": ()}, "no GPU has slices"),
        ({"mig": True, "instances": (MigInstance("1g.5gb", "MIG-1", 4864, 0, 1),)}, "the largest GPU has 4864 MiB"),
    ],
)
def test_a_card_that_cannot_carry_the_models_is_not_chosen(changed: dict[str, Any], because: str) -> None:
    """By what is free on it and what it can run, not by its size alone: such a machine still gets a plan."""
    plan = plan_of(_with_cards(**changed))

    assert plan.profile == "embedded"
    assert because in plan.reason


def test_two_cards_that_are_small_alone_carry_it_together() -> None:
    """Ears and voice on one, the language model on the other."""
    facts = machine("gpu_box")
    card: Any = change(facts.gpus).cards[0]
    pair = tuple(replace(card, index=index, uuid=f"GPU-{index}", vram_mib=8192) for index in range(2))
    plan = plan_of(replace(facts, gpus=change(facts.gpus, cards=pair)))

    assert plan.profile == "gpu"
    assert "2 cards have 16384 MiB together" in plan.reason


def test_a_pinned_language_model_speaks() -> None:
    """Naming one is asking for the profile that has one."""
    plan = make_plan(parse_config(""), machine("bare_vm"), MODELS, wishes=Wishes(llm="qwen2.5-0.5b-instruct"))

    assert (plan.profile, models_of(plan)["llm-service"]) == ("cpu", "qwen2.5-0.5b-instruct")
    assert "--llm names a language model" in plan.reason
