"""What the real pynvml says of many cards, and the different ways in which NVML says nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hardware.conftest import AskNvml
from voicectl.hardware.gpu_facts import Ecc, MigInstance, Pcie, SilentGpu

Write = Callable[[str, str], Path]

# The machine, the card's class, its compute capability, memory and reserve in MiB, and bandwidth in GB/s.
CARDS = [
    ("rtx-4090", "consumer", "8.9", 24_564, 357, 1008),
    ("rtx-3060", "consumer", "8.6", 12_288, 0, 360),
    ("t4", "data centre", "7.5", 15_360, 266, 320),
    ("l4", "data centre", "8.9", 23_034, 475, 300),
    ("a100-40", "data centre", "8.0", 40_960, 556, 1555),
    ("a100-80", "data centre", "8.0", 81_920, 768, 2039),
    ("h100", "data centre", "9.0", 81_559, 520, 3352),
    ("rtx-5090", "consumer", "12.0", 32_607, 500, 1792),
    ("v100", "data centre", "7.0", 16_384, 310, 898),
    ("gtx-1650", "consumer", "7.5", 4096, 205, 128),
    ("a10", "data centre", "8.6", 23_028, 475, 600),
]


@pytest.mark.parametrize("expected", CARDS, ids=lambda row: row[0])
def test_cards_are_known_by_what_they_say(ask_nvml: AskNvml, expected: tuple[str, str, str, int, int, int]) -> None:
    """Class, compute capability, memory, the driver's reserve, and bandwidth from clock and bus width, not by name."""
    machine, kind, capability, vram_mib, reserved_mib, gb_s = expected
    gpus = ask_nvml(machine)
    (card,) = gpus.cards

    assert (gpus.state, gpus.problem, gpus.silent) == ("usable", "", ())
    assert (card.kind, card.compute_capability) == (kind, capability)
    assert (card.vram_mib, card.vram_reserved_mib) == (vram_mib, reserved_mib)
    assert card.bandwidth_gb_s == pytest.approx(gb_s, rel=0.002)


def test_a_card_says_everything(ask_nvml: AskNvml, write: Write) -> None:
    """Identity, driver, CUDA, link, power, temperature, and the node that it is attached to."""
    write("sys/bus/pci/devices/0000:01:00.0/numa_node", "1\n")
    gpus = ask_nvml("rtx-4090")
    (card,) = gpus.cards

    assert (gpus.driver, gpus.cuda) == ("550.163.01", "12.4")
    assert (card.name, card.uuid) == ("NVIDIA GeForce RTX 4090", "GPU-1a2b3c4d-0000-1111-2222-333344445555")
    assert (card.vram_used_mib, card.vram_free_mib) == (12, 24_564 - 357 - 12)
    assert card.pcie == Pcie(generation=1, generation_most=4, width=16, width_most=16)
    assert (card.power_cap_w, card.power_default_w, card.temperature_c) == (450, 450, 38)
    assert (card.persistence, card.compute_mode, card.numa_node) == (True, "default", 1)
    assert card.throttled_by == ()  # that it idles is no reason to worry


def test_what_a_card_does_not_tell_is_none(ask_nvml: AskNvml) -> None:
    """An older driver on a consumer card: no reserve told apart, no ECC, no link; the rest is still known."""
    (card,) = ask_nvml("rtx-3060").cards

    assert (card.ecc, card.pcie, card.power_cap_w, card.numa_node) == (None, None, None, None)
    assert card.persistence is False
    assert (card.vram_free_mib, card.mig, card.instances) == (12_288 - 5, False, ())


def test_heat_and_a_lower_power_cap_are_seen(ask_nvml: AskNvml) -> None:
    """A passive card without airflow: both reasons, the temperature, the cap, half of its lanes."""
    (card,) = ask_nvml("t4").cards

    assert card.throttled_by == ("heat (driver)", "heat (hardware)")
    assert (card.temperature_c, card.power_cap_w, card.power_default_w) == (91, 60, 70)
    assert card.pcie == Pcie(3, 3, 8, 16)


def test_memory_errors_are_seen(ask_nvml: AskNvml) -> None:
    """Whether ECC is on, uncorrected errors, and a repair that waits for a reset; a T4 retires pages instead."""
    assert ask_nvml("l4").cards[0].ecc == Ecc(on=True, uncorrected=3, repair_pending=True)
    assert ask_nvml("t4").cards[0].ecc == Ecc(on=True, uncorrected=0, repair_pending=False)


def test_instances_of_a_partitioned_card_are_listed(ask_nvml: AskNvml) -> None:
    """Each with its own memory; their numbers may have gaps."""
    (card,) = ask_nvml("a100-40").cards

    assert card.mig
    assert card.instances == (
        MigInstance("NVIDIA A100-SXM4-40GB MIG 3g.20gb", "MIG-1", 19_968, 25, 3),
        MigInstance("NVIDIA A100-SXM4-40GB MIG 1g.5gb", "MIG-2", 4864, 12, 1),
    )
    assert ask_nvml("a100-40-mig-empty").cards[0].instances == ()
    assert not ask_nvml("a100-80").cards[0].mig


def test_two_unequal_cards_are_told_apart(ask_nvml: AskNvml) -> None:
    """In the driver's order, each with its own figures."""
    first, second = ask_nvml("two-unequal").cards

    assert (first.index, first.vram_mib, second.index, second.vram_mib) == (0, 24_564, 1, 12_288)
    assert (first.bandwidth_gb_s or 0) > 2 * (second.bandwidth_gb_s or 0)


def test_another_program_on_the_card_is_named(ask_nvml: AskNvml, write: Write) -> None:
    """By its process, its name and its memory; one that cannot be seen has no name."""
    (process,) = ask_nvml("foreign-20-gib").cards[0].processes
    assert (process.pid, process.used_mib, process.program, process.ours) == (4711, 20_480, None, False)

    write("proc/4711/comm", "blender\n")
    (process,) = ask_nvml("foreign-20-gib").cards[0].processes
    assert (process.program, process.ours) == ("blender", False)

    write("proc/4711/cmdline", "python\0--settings\0/opt/voicectl/etc/settings.json\0")
    assert ask_nvml("foreign-20-gib").cards[0].processes[0].ours


def test_a_card_that_falls_off_the_bus_hides_no_other(ask_nvml: AskNvml) -> None:
    """The second card is described; the first one is named as the one that does not answer."""
    gpus = ask_nvml("one-lost")

    assert gpus.state == "usable"
    assert [card.uuid for card in gpus.cards] == ["GPU-here"]
    assert gpus.silent == (SilentGpu(0, "GPU is lost"),)


def test_a_card_that_is_lost_between_two_looks(ask_nvml: AskNvml) -> None:
    """There at the first look and gone at the second: not "no GPU", but a lost one."""
    assert ask_nvml("lost-between-two-looks").state == "usable"

    gpus = ask_nvml("lost-between-two-looks", times=2)
    assert (gpus.state, gpus.cards) == ("lost", ())
    assert gpus.problem == "GPU 0 does not answer: GPU is lost"


def test_eight_cards_and_seven_slices_are_all_there(ask_nvml: AskNvml) -> None:
    """As many as such machines have."""
    assert [card.index for card in ask_nvml("eight-h100").cards] == list(range(8))
    (card,) = ask_nvml("a100-80-in-seven").cards
    assert [(part.uuid, part.vram_mib, part.compute_slices) for part in card.instances] == [
        (f"MIG-{number}", 9728, 1) for number in range(7)
    ]


def test_a_share_of_a_card_does_not_tell_its_clock(ask_nvml: AskNvml) -> None:
    """A virtual card in a guest: memory and class, and no bandwidth, ECC, power or temperature."""
    (card,) = ask_nvml("vgpu-a10").cards

    assert (card.kind, card.vram_mib, card.bandwidth_gb_s) == ("virtual", 24_512, None)
    assert (card.ecc, card.power_cap_w, card.temperature_c, card.pcie) == (None, None, None, None)


def test_a_processor_with_a_gpu_in_it_is_no_lost_card(ask_nvml: AskNvml) -> None:
    """A Jetson has no video memory to tell of."""
    gpus = ask_nvml("jetson")

    assert (gpus.state, gpus.cards, gpus.silent) == ("integrated", (), ())
    assert "Orin (nvgpu) has no memory of its own" in gpus.problem


def test_the_card_of_windows_is_a_card(ask_nvml: AskNvml, write: Write) -> None:
    """Under WSL, with its library: on no bus that Linux sees, and without a word on processes."""
    write("proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2\n")
    write("dev/dxg", "")
    gpus = ask_nvml("wsl")

    assert (gpus.state, gpus.on_bus, gpus.problem) == ("usable", 0, "")
    assert (gpus.cards[0].vram_used_mib, gpus.cards[0].processes, gpus.cards[0].compute_mode) == (1630, (), None)


def test_an_answer_that_fails_costs_no_card(ask_nvml: AskNvml) -> None:
    """Some error at a question of little importance: the card is there all the same, without that answer."""
    gpus = ask_nvml("moody")
    (card,) = gpus.cards

    assert gpus.silent == ()
    assert (card.compute_capability, card.temperature_c, card.pcie) == ("", None, None)


@pytest.mark.parametrize(
    ("machine", "state"),
    [("mismatch", "mismatch"), ("no-permission", "no permission"), ("unknown-error", "error"), ("no-cards", "none")],
)
def test_reasons_for_no_gpu_are_told_apart(ask_nvml: AskNvml, machine: str, state: str) -> None:
    """Each needs another remedy."""
    gpus = ask_nvml(machine)

    assert gpus.state == state
    assert bool(gpus.problem) is (state != "none")


@pytest.fixture
def bus(write: Write) -> None:
    """A PCI bus with one NVIDIA display device, its sound device, and a network card."""
    for name, vendor, kind in (("a", "0x10de", "0x030000"), ("b", "0x10de", "0x040300"), ("c", "0x8086", "0x020000")):
        write(f"sys/bus/pci/devices/{name}/vendor", f"{vendor}\n")
        write(f"sys/bus/pci/devices/{name}/class", f"{kind}\n")


def test_a_machine_without_a_card_has_none(ask_nvml: AskNvml) -> None:
    """No library, no card: nothing is wrong."""
    gpus = ask_nvml("", library=False)

    assert (gpus.state, gpus.problem, gpus.on_bus) == ("none", "", 0)


@pytest.mark.usefixtures("bus")
def test_a_card_without_driver_is_not_no_card(ask_nvml: AskNvml, tmp_path: Path) -> None:
    """The bus shows it; who drives it, if anybody does, is said."""
    gpus = ask_nvml("", library=False)
    assert (gpus.state, gpus.on_bus) == ("no driver", 1)
    assert "bound to no driver" in gpus.problem

    (tmp_path / "sys/bus/pci/drivers/vfio-pci").mkdir(parents=True)
    (tmp_path / "sys/bus/pci/devices/a/driver").symlink_to("../../drivers/vfio-pci")
    assert "bound to vfio-pci" in ask_nvml("driver-not-loaded").problem


@pytest.mark.usefixtures("bus")
def test_nouveau_is_named(ask_nvml: AskNvml, tmp_path: Path) -> None:
    """The free driver shows a picture and computes nothing."""
    (tmp_path / "sys/bus/pci/drivers/nouveau").mkdir(parents=True)
    (tmp_path / "sys/bus/pci/devices/a/driver").symlink_to("../../drivers/nouveau")

    assert ask_nvml("", library=False).state == "nouveau"


@pytest.mark.usefixtures("bus")
def test_a_container_without_the_library_is_told_apart(ask_nvml: AskNvml, write: Write) -> None:
    """The host's driver runs, and its library was not handed in."""
    write("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb\nGCC 12\n")
    gpus = ask_nvml("", library=False)

    assert (gpus.state, gpus.driver) == ("no library", "550.54.14")
    assert "550.54.14 is loaded" in ask_nvml("mismatch").problem


def test_windows_driver_without_its_library_is_told_apart(ask_nvml: AskNvml, write: Write) -> None:
    """Under WSL there is no bus to see the card on, and no driver to install here."""
    write("proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2\n")
    assert ask_nvml("", library=False).state == "none"

    write("dev/dxg", "")
    assert ask_nvml("", library=False).state == "wsl"


def test_errors_in_the_kernels_log_are_read(ask_nvml: AskNvml, write: Write) -> None:
    """Each number once; without the right to read it nothing is known."""
    assert ask_nvml("t4").xids is None

    line = "4,1,2,-;NVRM: Xid (PCI:0000:01:00): {}, pid=1, GPU has fallen off the bus.\n"
    write("dev/kmsg", line.format(79) + "6,2,3,-;eth0: up\n" + line.format(31) + line.format(79))
    assert ask_nvml("t4").xids == (31, 79)
