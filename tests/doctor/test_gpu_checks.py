"""What the checks say of cards in trouble, where a GPU is asked for and where it is not."""

from dataclasses import replace
from typing import Any

import pytest

from tests.machines.machine import change, machine
from voicectl.config.load import parse_config
from voicectl.doctor.check import Finding
from voicectl.doctor.examine import CHECKS, examine
from voicectl.hardware.facts import Ecc, Facts, GpuProcess, GpuState, MigInstance, Pcie, SilentGpu

NEEDED = 'agent.profile = "gpu"'


def box(gpus: dict[str, Any] | None = None, packages: dict[str, Any] | None = None, **card: Any) -> Facts:
    """The machine with one RTX 4090, something about it changed."""
    facts = machine("gpu_box")
    cards = tuple(replace(one, **card) for one in change(facts.gpus).cards)
    changed = change(facts.gpus, **{"cards": cards, **(gpus or {})})
    return replace(facts, gpus=changed, packages=change(facts.packages, **(packages or {})))


def finding(name: str, facts: Facts, config: str = "") -> Finding:
    return next(one for one in examine(parse_config(config), facts, CHECKS).findings if one.id == name)


def test_a_sound_card_has_no_complaint() -> None:
    """A warning about a card means something."""
    found = examine(parse_config(""), box(), CHECKS).findings

    assert {one.status for one in found if one.group == "gpu"} <= {"ok", "skip"}
    assert "1008 GB/s" in finding("gpu.present", box()).seen


def test_engines_that_take_turns_are_named() -> None:
    """Three engines on one card without what lets them compute at once; the processor has no such need."""
    assert finding("gpu.mps", box(gpus={"mps": False}), 'agent.profile = "gpu"').status == "warn"
    assert finding("gpu.mps", box(), 'agent.profile = "gpu"').status == "ok"
    assert finding("gpu.mps", box(gpus={"mps": False}), 'agent.profile = "embedded"').status == "skip"


@pytest.mark.parametrize(
    ("profile", "card", "status"),
    [
        ("gpu", {}, "ok"),
        ("gpu", {"memory_clock_mhz": 8401}, "ok"),
        ("gpu", {"memory_clock_mhz": 8399}, "warn"),
        ("gpu", {"bus_width_bits": None}, "unknown"),
        ("gpu", {"memory_clock_mhz": 1, "name": "of no known make"}, "ok"),
        ("gpu", {"memory_clock_mhz": 1, "kind": "virtual"}, "skip"),
        ("embedded", {"memory_clock_mhz": 1}, "skip"),
    ],
)
def test_memory_that_is_slower_than_its_name_is_told(profile: str, card: dict[str, Any], status: str) -> None:
    """An RTX 4090 reads 1,008 GB/s; of a share of a card, or a card that nobody knows, there is nothing to expect."""
    assert finding("gpu.bw", box(**card), f'agent.profile = "{profile}"').status == status


PART = MigInstance("1g.5gb", "MIG-1", 4864, 0, 1)
# The check, what is wrong with the card, and the status where nothing depends on it and where the profile does.
TROUBLES: list[tuple[str, dict[str, Any], str, str]] = [
    ("gpu.ecc", {"ecc": Ecc(on=True, uncorrected=1, repair_pending=False)}, "warn", "fail"),
    ("gpu.ecc", {"ecc": Ecc(on=True, uncorrected=0, repair_pending=True)}, "warn", "fail"),
    ("gpu.ecc", {"ecc": Ecc(on=True, uncorrected=0, repair_pending=False)}, "ok", "ok"),
    ("gpu.mig", {"mig": True}, "warn", "fail"),
    ("gpu.mig", {"mig": True, "instances": (PART,)}, "ok", "ok"),
    ("gpu.mode", {"compute_mode": "exclusive"}, "warn", "fail"),
    ("gpu.heat", {"temperature_c": 87}, "warn", "warn"),
    ("gpu.heat", {"throttled_by": ("power brake",)}, "warn", "warn"),
    ("gpu.power", {"power_cap_w": 300}, "warn", "warn"),
    ("gpu.power", {"power_cap_w": None}, "skip", "skip"),
    ("gpu.pcie", {"pcie": Pcie(4, 4, 1, 16)}, "warn", "warn"),
    ("gpu.pcie", {"pcie": None}, "skip", "skip"),
    ("gpu.persistence", {"persistence": False}, "warn", "warn"),
]


@pytest.mark.parametrize(("name", "card", "unneeded", "needed"), TROUBLES)
def test_a_broken_card_fails_only_who_needs_it(name: str, card: dict[str, Any], unneeded: str, needed: str) -> None:
    """The same card is a warning where "auto" may take the processor."""
    facts = box(**card)

    assert finding(name, facts).status == unneeded
    assert finding(name, facts, NEEDED).status == needed
    if needed == "fail":
        assert finding(name, facts, NEEDED).blocking


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("mismatch", "reboot"),
        ("no driver", "install NVIDIA's driver"),
        ("nouveau", "keeps nouveau from loading"),
        ("no library", "--gpus all"),
        ("no permission", "as root"),
        ("wsl", "in Windows"),
        ("lost", "power the machine off and on"),
        ("error", "what the driver says"),
    ],
)
def test_every_reason_has_its_own_remedy(state: GpuState, words: str) -> None:
    """Whoever reads it at night knows what to do next."""
    facts = box({"state": state, "cards": (), "problem": "something"})
    found = finding("gpu.driver", facts, NEEDED)

    assert found.status == "fail"
    assert found.fix is not None
    assert words in found.fix.text
    assert finding("gpu.driver", facts).status == "warn"


def test_a_lost_card_is_named_beside_the_others() -> None:
    """The card that answers does not hide the one that does not."""
    found = finding("gpu.lost", box({"silent": (SilentGpu(1, "GPU is lost"),)}), NEEDED)

    assert (found.status, found.seen) == ("fail", "GPU 1: GPU is lost")


@pytest.mark.parametrize(("driver", "status"), [("470.256.02", "fail"), ("525.60.13", "ok")])
def test_an_old_driver_cannot_run_the_engines(driver: str, status: str) -> None:
    """CUDA 12 begins with driver 525."""
    assert finding("gpu.cuda", box({"driver": driver}), NEEDED).status == status


@pytest.mark.parametrize(("xids", "status"), [((), "ok"), ((31,), "warn"), ((31, 79), "fail"), (None, "unknown")])
def test_the_drivers_own_complaints_count(xids: tuple[int, ...] | None, status: str) -> None:
    """A program's fault is a warning, the hardware's an obstacle, and a closed log no good news."""
    assert finding("gpu.xid", box({"xids": xids}), NEEDED).status == status


def test_who_else_uses_the_card_is_named() -> None:
    """20 GiB of another program's, with its process; our own running engines are no loss."""
    other = GpuProcess(4711, "blender", 20_480, ours=False)
    found = finding("gpu.memory", box(vram_used_mib=20_492, processes=(other,)))
    assert found.status == "warn"
    assert "blender (4711) has 20480 MiB" in found.seen

    ours = replace(other, ours=True)
    assert finding("gpu.memory", box(vram_used_mib=20_492, processes=(ours,))).status == "ok"


@pytest.mark.parametrize(
    ("held", "automatic", "status"),
    [((), False, "ok"), ((), True, "warn"), (("libnvidia-ml1", "nvidia-driver"), True, "ok")],
)
def test_a_driver_that_upgrades_itself_is_noticed(held: tuple[str, ...], automatic: bool, status: str) -> None:
    """An upgrade by night is a mismatch in the morning."""
    facts = box(packages={"held": held, "unattended_upgrades": automatic})

    assert finding("gpu.hold", facts).status == status


@pytest.mark.parametrize(
    ("docker", "status"),
    [
        ({}, "skip"),
        ({"nvidia_runtime": True}, "warn"),
        ({"nvidia_runtime": True, "nvidia_char_links": True}, "ok"),
        ({"nvidia_runtime": True, "cgroup_driver": "cgroupfs"}, "ok"),
        ({"cdi_driver": "550.163.01"}, "ok"),
        ({"cdi_driver": "535.1.1"}, "warn"),
    ],
)
def test_containers_that_would_lose_the_card_are_noticed(docker: dict[str, Any], status: str) -> None:
    """Never a failure: no service of the agent runs in a container."""
    facts = box()

    assert finding("docker.gpu", replace(facts, docker=change(facts.docker, **docker)), NEEDED).status == status
