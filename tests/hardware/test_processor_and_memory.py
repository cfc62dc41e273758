"""Processor and memory, as /proc and the control group tell of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from voicectl.hardware.control_group import cpu_quota_cores, memory_limit_mib
from voicectl.hardware.cpu import read_cpu
from voicectl.hardware.facts import NumaNode
from voicectl.hardware.memory import read_memory, read_numa

Write = Callable[[str, str], Path]
CPUINFO = (
    "processor\t: 0\nmodel name\t: Fast: and new\nflags\t\t: sse avx2 fma hypervisor\n\nprocessor\t: 1\nflags\t: none\n"
)
MEMINFO = "MemTotal: 4016128 kB\nMemAvailable: 3584000 kB\nSwapTotal: 1048576 kB\nSwapFree: 524288 kB\n"


@pytest.fixture
def machine(write: Write, tmp_path: Path) -> Path:
    """A machine with two cores, four GiB and a control group of version 2 without limits."""
    write("proc/cpuinfo", CPUINFO)
    write("proc/stat", "cpu  100 0 100 700 0 0 0 100 0 0\ncpu0 1 2 3\n")
    write("proc/meminfo", MEMINFO)
    write("proc/sys/vm/swappiness", "60\n")
    write("proc/self/cgroup", "0::/system.slice/voice.service\n")
    write("sys/fs/cgroup/system.slice/voice.service/cpu.max", "max 100000\n")
    write("sys/fs/cgroup/system.slice/voice.service/memory.max", "max\n")
    return tmp_path


def test_the_first_core_speaks_for_all(machine: Path) -> None:
    """Model, sorted flags, virtualisation and stolen time."""
    cpu = read_cpu(machine / "proc", machine / "sys")

    assert cpu.model == "Fast: and new"
    assert cpu.flags == ("avx2", "fma", "hypervisor", "sse")
    assert cpu.virtualised
    assert cpu.steal_percent == 10.0


@pytest.mark.parametrize(("quota", "cores"), [("50000 100000", 1), ("100000 100000", 1)])
def test_a_quota_leaves_fewer_cores(quota: str, cores: int, machine: Path, write: Write) -> None:
    """Half a core still counts as one: none would mean that nothing runs."""
    write("sys/fs/cgroup/system.slice/voice.service/cpu.max", quota)

    assert read_cpu(machine / "proc", machine / "sys").cores == cores


def test_memory_and_swap_are_in_mib(machine: Path) -> None:
    """What there is, what is free, what is swapped out."""
    memory = read_memory(machine / "proc", machine / "sys")

    assert (memory.total_mib, memory.available_mib, memory.limit_mib) == (3922, 3500, None)
    assert (memory.swap_total_mib, memory.swap_used_mib, memory.swappiness) == (1024, 512, 60)


def test_a_limit_is_told_apart_from_none(machine: Path, write: Write) -> None:
    """A limit beyond the machine's memory is no limit."""
    limit = "sys/fs/cgroup/system.slice/voice.service/memory.max"
    write(limit, f"{2048 << 20}\n")
    assert read_memory(machine / "proc", machine / "sys").limit_mib == 2048

    write(limit, f"{9999 << 20}\n")
    assert read_memory(machine / "proc", machine / "sys").limit_mib is None


def test_control_groups_of_version_1_are_read_too(write: Write, tmp_path: Path) -> None:
    """Each controller has a tree of its own there; "no limit" is a very large number."""
    write("proc/self/cgroup", "4:memory:/box\n3:cpu,cpuacct:/\n0::/\n")
    write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", f"{512 << 20}\n")
    write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n")
    write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n")

    assert memory_limit_mib(tmp_path / "proc", tmp_path / "sys") == 512
    assert cpu_quota_cores(tmp_path / "proc", tmp_path / "sys") == 1.5

    write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "9223372036854771712\n")
    write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n")
    assert memory_limit_mib(tmp_path / "proc", tmp_path / "sys") is None
    assert cpu_quota_cores(tmp_path / "proc", tmp_path / "sys") is None


def test_without_control_groups_there_is_no_limit(tmp_path: Path) -> None:
    """A kernel without them is no error."""
    assert memory_limit_mib(tmp_path, tmp_path) is None
    assert cpu_quota_cores(tmp_path, tmp_path) is None


def test_threads_of_one_core_are_one_core(machine: Path, write: Write) -> None:
    """Four threads on two cores; how the clock is governed is said once for all."""
    assert read_cpu(machine / "proc", machine / "sys").physical_cores is None

    for cpu, siblings in ((0, "0,2"), (1, "1,3"), (2, "0,2"), (3, "1,3")):
        write(f"sys/devices/system/cpu/cpu{cpu}/topology/core_cpus_list", f"{siblings}\n")

    assert read_cpu(machine / "proc", machine / "sys").physical_cores == 2


@pytest.mark.parametrize(("driver", "governor"), [("acpi-cpufreq", "powersave"), ("intel_pstate", None)])
def test_the_governor_is_the_kernels(machine: Path, write: Write, driver: str, governor: str | None) -> None:
    """Where the processor chooses its clock itself, "powersave" does not mean what it says."""
    assert read_cpu(machine / "proc", machine / "sys").governor is None

    write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n")
    write("sys/devices/system/cpu/cpu0/cpufreq/scaling_driver", f"{driver}\n")
    assert read_cpu(machine / "proc", machine / "sys").governor == governor


def test_nodes_come_with_their_cores_and_memory(write: Write, tmp_path: Path) -> None:
    """In the order of their numbers; a kernel without nodes has none."""
    assert read_numa(tmp_path).nodes == ()

    for number, cpus in ((10, "8-15"), (2, "0-7")):
        write(f"sys/devices/system/node/node{number}/cpulist", f"{cpus}\n")
        write(f"sys/devices/system/node/node{number}/meminfo", f"Node {number} MemTotal:  2048 kB\n")

    assert read_numa(tmp_path / "sys").nodes == (NumaNode(2, "0-7", 2), NumaNode(10, "8-15", 2))
