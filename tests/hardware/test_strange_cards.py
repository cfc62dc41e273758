"""What doctor and plan make of cards that tell little, are shares of others, or are many: from NVML to the screen."""

from dataclasses import replace

import pytest

from tests.hardware.conftest import AskNvml
from tests.machines.machine import machine
from voicectl.catalogue.catalogue import load_catalogue
from voicectl.catalogue.gpu_names import find_host_of
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.doctor.check import BROKEN
from voicectl.doctor.examine import CHECKS, examine
from voicectl.hardware.facts import Facts
from voicectl.planner.plan import Plan, make_plan

ROOMY = parse_config("sip.rtp_first = 20000\nsip.rtp_last = 59999\n")


def with_cards(ask_nvml: AskNvml, name: str) -> Facts:
    return replace(machine("gpu_box"), gpus=ask_nvml(name))


def planned(facts: Facts) -> Plan:
    return make_plan(ROOMY, facts, load_models())


@pytest.mark.parametrize(
    ("name", "profile", "bandwidth"),
    [
        ("eight-h100", "gpu", {(3352.3, "measured")}),
        ("a100-80-in-seven", "gpu", {(291.3, "measured")}),
        ("vgpu-a10", "gpu", {(600.0, "table")}),
        ("vgpu-unheard-of", "gpu", {(300.0, "assumed")}),
        ("wsl", "gpu", {(1008.1, "measured")}),
        ("moody", "gpu", {(1008.1, "measured")}),
        ("jetson", "embedded", set()),
    ],
)
def test_every_card_gets_findings_and_a_plan(
    ask_nvml: AskNvml, name: str, profile: str, bandwidth: set[tuple[float, str]]
) -> None:
    """No check breaks, and the plan says how fast the memory is and who says so."""
    facts = with_cards(ask_nvml, name)
    findings = examine(ROOMY, facts, CHECKS).findings
    plan = planned(facts)

    assert not [one for one in findings if BROKEN in one.seen]
    assert (plan.profile, plan.feasible) == (profile, True)
    assert {(card.bandwidth_gb_s, card.bandwidth_basis) for card in plan.vram} == bandwidth


def test_no_model_is_split_over_slices(ask_nvml: AskNvml) -> None:
    """CUDA shows a process one MIG slice and no more; workers of the voice are processes of their own."""
    plan = planned(with_cards(ask_nvml, "a100-80-in-seven"))
    cards = {one.service: one.cards for one in plan.components}

    assert len(cards["llm-service"]) == 1
    assert all(card.headroom_mib >= 0 for card in plan.vram)


def test_what_is_assumed_is_said(ask_nvml: AskNvml) -> None:
    """A share of a card that nobody knows: its speed is a guess, and what rests on it is one, too."""
    plan = planned(with_cards(ask_nvml, "vgpu-unheard-of"))

    assert any("300 GB/s are assumed" in one for one in plan.warnings)
    assert any("is a share of a card" in one for one in plan.warnings)
    assert {one.basis for one in plan.limits if one.constraint in {"llm-tok/s", "prefill", "stt"}} == {"assumed"}
    assert plan.latency_ms.voice_to_voice.confidence == "low"


def test_a_jetson_is_told_what_it_is(ask_nvml: AskNvml) -> None:
    """Not broken, not lost: no engine here is built for it."""
    facts = with_cards(ask_nvml, "jetson")
    (finding,) = (one for one in examine(ROOMY, facts, CHECKS).findings if one.id == "gpu.driver")

    assert "Orin (nvgpu) has no memory of its own" in planned(facts).reason
    assert finding.status == "warn"
    assert finding.fix is not None
    assert "do without it" in finding.fix.text


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("NVIDIA A10-24Q", "a10"),
        ("GRID A100-8C", "a100-40"),
        ("GRID A100D-3-40C", "a100-80"),
        ("GRID T4-16Q", "t4"),
        ("NVIDIA L40S-12Q", "l40s"),
        ("GRID V100D-32Q", "v100-32"),
        ("NVIDIA H100-80C", "h100"),
        ("NVIDIA RTX6000-Ada-48Q", "rtx-6000-ada"),
        ("NVIDIA GeForce RTX 4090", None),
        ("NVIDIA Q900-48C", None),
    ],
)
def test_the_card_behind_a_share_is_found(name: str, row: str | None) -> None:
    """As NVIDIA names its virtual cards: the card, slices of it, GiB, and the licence's letter."""
    found = find_host_of(name, load_catalogue().gpus)

    assert (found.id if found else None) == row
