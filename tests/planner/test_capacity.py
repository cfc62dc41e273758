"""How many calls are carried: what binds, what would lift it, and what must hold on every machine."""

import re
import shlex
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.machines.machine import change, machine
from voicectl.catalogue.catalogue import load_catalogue
from voicectl.catalogue.gpu import CatalogueGpu
from voicectl.catalogue.gpu_names import find_gpu
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.errors import InfeasibleError, UsageError
from voicectl.hardware.facts import Facts, Gpu, GpuProcess, Gpus, MigInstance, SilentGpu
from voicectl.planner.cards import cards_of, imagine
from voicectl.planner.plan import Plan, make_plan
from voicectl.planner.wishes import Profile, Wishes

WORLD, MODELS = load_catalogue(), load_models()
BOX = machine("gpu_box")
# Memory, voice, tokens: the card alone is what these ask about.
ROOMY = parse_config("sip.rtp_first = 20000\nsip.rtp_last = 59999\n")
SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plan_of(facts: Facts, **pins: Any) -> Plan:
    return make_plan(ROOMY, facts, MODELS, wishes=Wishes(**pins))


def with_card(vram_mib: int, bandwidth_gb_s: int, **more: Any) -> Facts:
    """The box with a card that no table knows."""
    card = Gpu(0, "Card", "GPU-0", vram_mib, 0, "8.9", memory_clock_mhz=4 * bandwidth_gb_s, bus_width_bits=1000, **more)
    return replace(BOX, gpus=change(BOX.gpus, cards=(card,)))


def most(facts: Facts, **pins: Any) -> int:
    """The calls that the gpu profile carries with the usual engines; 0 where it carries none."""
    try:
        return plan_of(facts, **{"profile": "gpu", "calls": 1, **pins}).calls.max
    except InfeasibleError:
        return 0


def test_the_binding_constraint_is_named_with_the_next_one() -> None:
    """A 4090 with XTTS: memory first, then the voice; both say what would lift them."""
    plan = plan_of(BOX)

    assert (plan.binding_constraint, plan.calls.max) == ("vram", 13)
    assert [limit.constraint for limit in plan.limits][:2] == ["vram", "tts"]
    assert all(limit.why and limit.lift for limit in plan.limits)
    assert {limit.constraint for limit in plan.limits} == {
        "vram", "tts", "llm-tok/s", "prefill", "stt", "cpu", "ram", "rtp ports", "network",
    }  # fmt: skip


def test_a_ledger_adds_up_to_the_card() -> None:
    """Every mebibyte has an owner."""
    (card,) = plan_of(BOX).vram

    assert card.used_mib == pytest.approx(sum(term.mib for term in card.terms), abs=1)
    assert card.used_mib + card.headroom_mib == card.total_mib
    assert {term.owner for term in card.terms} >= {"stt-service", "tts-service", "llm-service", "reserve", "driver"}


def test_two_cards_share_the_work() -> None:
    """Ears and voice on one, the language model on the other: more calls than one card carries."""
    row = WORLD.gpus["rtx-4090"]
    one, two = (plan_of(imagine(BOX, row, count)) for count in (1, 2))

    assert two.calls.max > one.calls.max
    assert len(two.vram) == 2
    assert "voice on 2 x RTX 4090" in two.placement


def test_a_model_too_large_for_one_card_is_split() -> None:
    """Its layers lie on both; what a server that splits every layer (tensor parallel) would make of it is said."""
    row = WORLD.gpus["rtx-4090"]
    plan = plan_of(imagine(BOX, row, 2), llm="qwen2.5-32b-instruct")

    assert "the language model on 2 x RTX 4090" in plan.placement
    assert most(imagine(BOX, row, 1), llm="qwen2.5-32b-instruct") == 0


def test_workers_of_a_voice_are_dealt_out() -> None:
    """Four L4: a worker's card is named with its service, every card adds up, and each more carries more calls."""
    count = 4
    boxes = [imagine(BOX, WORLD.gpus["l4"], cards) for cards in range(1, count + 1)]
    carried = [most(box) for box in boxes]
    plan = plan_of(boxes[-1], calls=carried[-1])
    voice = plan.component("tts-service")

    assert carried == sorted(set(carried))
    assert voice is not None
    assert len(voice.cards) == count
    assert sum(term.what.count("xtts-v2") for card in plan.vram for term in card.terms) == count
    for one in plan.components:
        mib = sum(term.mib for card in plan.vram for term in card.terms if term.owner == one.service)
        assert one.vram_mib == pytest.approx(mib, abs=1)


def test_each_service_sees_its_own_cards() -> None:
    """What makes the layout true: Ollama would take every card that it sees, and of several as few as it can."""
    plan = plan_of(imagine(BOX, WORLD.gpus["rtx-4090"], 2), llm="qwen2.5-32b-instruct")
    environment = {one.name: one.value for one in plan.settings.environment}

    assert environment["CUDA_VISIBLE_DEVICES"] == "GPU-rtx-4090-0,GPU-rtx-4090-1"
    assert environment["OLLAMA_SCHED_SPREAD"] == "1"
    assert [way.of for way in plan.discipline if way.what == "tensor parallel"] == ["qwen2.5-32b-instruct"]
    assert "OLLAMA_SCHED_SPREAD" not in {one.name for one in plan_of(BOX).settings.environment}


def test_slices_of_a_card_are_cards() -> None:
    """MIG: each instance has memory of its own, and its share of the bandwidth."""
    slices = tuple(MigInstance(f"A100 MIG 3g.40gb {n}", f"MIG-{n}", 40_192, 0, 3) for n in range(2))
    card = Gpu(0, "NVIDIA A100-SXM4-80GB", "GPU-0", 81_920, 0, "8.0", mig=True, instances=slices)
    plan = plan_of(replace(BOX, gpus=change(BOX.gpus, cards=(card,))))
    first, second = cards_of(replace(BOX, gpus=change(BOX.gpus, cards=(card,))), WORLD.gpus)

    assert {one.total_mib for one in plan.vram} == {40_192}
    assert first.bandwidth_gb_s == second.bandwidth_gb_s == pytest.approx(2039 * 3 / 7)


def test_a_name_from_a_stranger_cannot_steer_the_terminal() -> None:
    """The driver's answer and a file of facts are outside values like any other."""
    card: Any = change(with_card(24_564, 1000).gpus).cards[0]
    strange = replace(card, name="\x1b[2J\nRTX " + "x" * 5000, uuid="GPU-\x07")
    plan = plan_of(replace(BOX, gpus=change(BOX.gpus, cards=(strange,))), llm="qwen2.5-7b-instruct")

    assert all(text.isprintable() for text in (plan.reason, plan.placement, plan.limits[0].why, plan.vram[0].uuid))
    assert plan.vram[0].name.startswith("?[2J?RTX x")
    assert len(plan.vram[0].name) < 100


def test_a_card_that_does_not_answer_is_named() -> None:
    """The plan does without it, and says so."""
    lost = change(BOX.gpus, silent=(SilentGpu(1, "GPU is lost"),))

    warnings = plan_of(replace(BOX, gpus=lost)).warnings
    assert any("GPU 1 does not answer (GPU is lost)" in one for one in warnings)


def test_what_others_hold_is_not_planned_with() -> None:
    """Twenty GiB of somebody else's leave nothing; the agent's own engines are no strangers."""
    foreign = with_card(24_564, 1000, processes=())
    card: Any = change(foreign.gpus).cards[0]
    taken = replace(foreign, gpus=change(foreign.gpus, cards=(replace(card, vram_used_mib=20_480),)))
    ours = GpuProcess(1, "python", 20_480, ours=True)
    own = replace(foreign, gpus=change(foreign.gpus, cards=(replace(card, vram_used_mib=20_480, processes=(ours,)),)))

    assert most(taken) == 0
    assert most(own) == most(foreign) > 0


@pytest.mark.parametrize("profile", ["embedded", "cpu"])
def test_a_processor_gets_the_same_treatment(profile: Profile) -> None:
    """Calls, what binds, what would lift it, and the voice-to-voice that a caller will hear."""
    facts = machine("bare_vm")
    plan = plan_of(facts, profile=profile)
    more = plan_of(replace(facts, cpu=change(facts.cpu, cores=8)), profile=profile)

    assert 0 < plan.calls.max < more.calls.max
    assert plan.limits[0].why
    assert 200 < plan.latency_ms.voice_to_voice.p50 < 400
    assert (plan.model_latency_ms is None) is (profile == "embedded")


def test_only_the_encoder_of_a_light_recogniser_gains_by_cores() -> None:
    """Its decoder runs on one thread however many there are; a heavier one shares all of its work."""

    def gain(model: str) -> float:
        facts = machine("bare_vm")
        slow, fast = (
            plan_of(
                replace(facts, cpu=change(facts.cpu, cores=cores)), profile="embedded", stt=model, calls=1
            ).latency_ms.recognise.work_ms
            for cores in (2, 4)
        )
        return slow / fast

    assert 1 < gain("whisper-tiny.en") < 1.5
    assert gain("whisper-small") > 1.5


def test_a_heavier_recogniser_costs_calls_and_time() -> None:
    """The same machine with Whisper small."""
    small = plan_of(machine("bare_vm"), profile="embedded", stt="whisper-small", calls=1)
    tiny = plan_of(machine("bare_vm"), profile="embedded", calls=1)

    assert small.calls.max < tiny.calls.max
    assert small.latency_ms.recognise.work_ms > tiny.latency_ms.recognise.work_ms


@pytest.mark.parametrize(
    ("pins", "says"),
    [
        ({"llm": "qwen2.5-7b"}, r"E122 --llm: .* did you mean qwen2\.5-7b-instruct"),
        ({"llm": "qwen2.5-7b-instruct@q3_k_s"}, "E123 --llm: .* use one of: q4_k_m"),
        ({"stt": "whisper-huge\n"}, "E122 --stt: .*"),
        ({"tts": ""}, "E122 --tts: '' is not in the catalogue"),
        ({"tts": "xtts-v2@float16"}, "E123 --tts: .* use one of: float32"),
        ({"stt": "x" * 5000}, r"E122 --stt: 'x{59}\.\.\. is not"),
        ({"llm": "phi3"}, r"did you mean phi3-mini-instruct\?"),
        ({"llm": "phi3-mini-instruct", "context_tokens": 4097}, "E128 --context: .* trained for 4096"),
        ({"profile": "embedded", "context_tokens": 512}, "E127 --context: the embedded profile has no language model"),
        ({"accepted_licences": ("GPL",)}, "E124 --accept-licence"),
    ],
)
def test_a_pin_that_is_no_row_is_named(pins: dict[str, Any], says: str) -> None:
    """With the nearest one; exit 2."""
    with pytest.raises(UsageError, match=says):
        plan_of(BOX, **pins)


def test_business_needs_the_licence_or_another_voice() -> None:
    """XTTS is refused for a business until it is acknowledged, by option or configuration, or replaced."""
    with pytest.raises(InfeasibleError, match=r"E417 licence of xtts-v2: .*--accept-licence LicenseRef-CPML"):
        plan_of(BOX, commercial=True)
    with pytest.raises(InfeasibleError, match="E417"):
        make_plan(parse_config("agent.commercial = true"), BOX, MODELS)

    assert plan_of(BOX, commercial=True, tts="kokoro-82m").component("tts-service")
    accepted = plan_of(BOX, commercial=True, accepted_licences=("LicenseRef-CPML",))
    assert [use.accepted for use in accepted.licences if use.licence == "LicenseRef-CPML"] == [True]
    known = 'agent.commercial = true\nagent.accepted_licences = ["LicenseRef-CPML"]'
    assert make_plan(parse_config(known), BOX, MODELS).profile == "gpu"


@SOME
@given(st.integers(4000, 200_000), st.integers(100, 8000), st.integers(0, 100_000), st.integers(0, 4000))
def test_a_bigger_card_never_carries_fewer_calls(vram: int, bandwidth: int, more: int, faster: int) -> None:
    """At least as much memory and bandwidth."""
    assert most(with_card(vram + more, bandwidth + faster)) >= most(with_card(vram, bandwidth))


def test_bigger_cards_of_the_catalogue_never_carry_fewer_calls() -> None:
    """Every pair of rows in which one has at least as much of both, and runs all that the other runs."""
    carried = {row.id: most(imagine(BOX, row, 1)) for row in WORLD.gpus.values()}
    for small in WORLD.gpus.values():
        for large in WORLD.gpus.values():
            if large.vram_mib - large.reserved_mib >= small.vram_mib - small.reserved_mib and (
                large.bandwidth_gb_s >= small.bandwidth_gb_s
                and float(large.compute_capability) >= float(small.compute_capability)
            ):
                assert carried[large.id] >= carried[small.id], (small.id, large.id)


@SOME
@given(
    st.sampled_from(list(WORLD.gpus.values())),
    st.integers(1, 3),
    st.integers(1, 60),
    st.fixed_dictionaries(
        {
            "llm": st.sampled_from(["qwen2.5-1.5b-instruct", "qwen2.5-7b-instruct", "phi3-mini-instruct"]),
            "tts": st.sampled_from(["xtts-v2", "kokoro-82m", "piper-en_US-joe-medium"]),
            "context_tokens": st.sampled_from([1024, 4096, 16_384]),
        }
    ),
)
def test_what_is_feasible_fits_and_fewer_calls_are_feasible(
    row: CatalogueGpu, count: int, calls: int, pins: dict[str, Any]
) -> None:
    """No card is overfull, and the plan for N is a plan for N-1."""
    facts = imagine(BOX, row, count)
    try:
        plan = plan_of(facts, profile="gpu", calls=calls, **pins)
    except (InfeasibleError, UsageError):  # UsageError: Phi-3 mini was trained for 4,096 tokens
        return

    assert plan.feasible
    assert all(card.headroom_mib >= 0 for card in plan.vram)
    assert plan.calls.max >= calls
    assert plan_of(facts, profile="gpu", calls=max(1, calls - 1), **pins).feasible


@pytest.mark.parametrize(("card", "calls"), [("rtx-4090", 14), ("t4", 9), ("rtx-3060", 20), ("l4", 30)])
def test_every_offer_is_a_plan(card: str, calls: int) -> None:
    """What is offered can be had: the option is added to the command, and the calls are carried."""
    facts = imagine(BOX, WORLD.gpus[card], 1)
    with pytest.raises(InfeasibleError, match="E414") as refused:
        plan_of(facts, calls=calls, profile="gpu")

    for offer in refused.value.refusal["offers"]:
        pins, here = _pins_of(str(offer["option"])), facts
        if offer["kind"] == "another card":
            row = find_gpu(pins.pop("gpu"), WORLD.gpus)
            assert row is not None
            here = imagine(BOX, row, int(pins.pop("gpus", 1)))
        if offer["kind"] != "another machine":
            assert plan_of(here, **{"profile": "gpu", "calls": calls, **pins}).feasible, offer


def test_what_a_small_card_could_hold_is_said_with_its_price() -> None:
    """Partial offload: the layers that fit, fewer beside a longer context, and what they cost in tokens a second."""
    card = imagine(BOX, WORLD.gpus["rtx-3070"], 1)
    said = []
    for tokens in (1024, 16_384):
        with pytest.raises(InfeasibleError) as refused:
            plan_of(card, profile="gpu", calls=1, context_tokens=tokens)
        price = r"\((\d+) of 28 layers .* speak (\d+) tokens a second instead of (\d+)"
        said.append(re.search(price, str(refused.value)))

    (first, second) = [tuple(map(int, found.groups())) for found in said if found]
    assert 28 > first[0] > second[0] > 0
    assert first[2] > first[1] >= second[1] > 0


def _pins_of(option: str) -> dict[str, Any]:
    words = shlex.split(option)
    names = {"context": "context_tokens"}
    pins = {names.get(name[2:], name[2:]): value for name, value in zip(words[::2], words[1::2], strict=True)}
    return {name: int(value) if value.isdecimal() else value for name, value in pins.items()}


def test_an_unusable_driver_is_no_card() -> None:
    """Whatever NVML said before."""
    assert cards_of(replace(BOX, gpus=Gpus("mismatch", None, (), 1, "x")), WORLD.gpus) == ()
