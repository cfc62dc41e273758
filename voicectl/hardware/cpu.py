"""The processor, from /proc."""

import os
import platform
from pathlib import Path

from voicectl.hardware.control_group import cpu_quota_cores
from voicectl.hardware.host_facts import Cpu

_STEAL = 7  # /proc/stat: user nice system idle iowait irq softirq steal


def read_cpu(proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> Cpu:
    """Model, instruction sets and the cores that may be used."""
    info = _first_processor((proc / "cpuinfo").read_text(encoding="utf-8", errors="replace"))
    flags = (info.get("flags") or info.get("Features") or "").split()
    return Cpu(
        model=info.get("model name") or platform.machine(),
        architecture=platform.machine(),
        cores=_cores(proc, sys),
        flags=tuple(sorted(flags)),
        virtualised="hypervisor" in flags,
        steal_percent=_steal_percent((proc / "stat").read_text(encoding="ascii")),
        physical_cores=_physical_cores(sys / "devices/system/cpu"),
        governor=_governor(sys / "devices/system/cpu/cpu0/cpufreq"),
    )


def _first_processor(text: str) -> dict[str, str]:
    """The cores are alike; the first block speaks for all."""
    lines = (line.partition(":") for line in text.partition("\n\n")[0].splitlines())
    return {key.strip(): value.strip() for key, _, value in lines}


def _cores(proc: Path, sys: Path) -> int:
    allowed = len(os.sched_getaffinity(0))
    quota = cpu_quota_cores(proc, sys)
    return allowed if quota is None else max(1, min(allowed, int(quota)))


def _steal_percent(stat: str) -> float:
    ticks = [int(word) for word in stat.partition("\n")[0].split()[1:9]]
    return round(100 * ticks[_STEAL] / max(1, sum(ticks)), 1) if len(ticks) > _STEAL else 0.0


def _physical_cores(cpus: Path) -> int | None:
    """Threads of one core name the same siblings."""
    siblings = {path.read_text(encoding="ascii").strip() for path in cpus.glob("cpu[0-9]*/topology/core_cpus_list")}
    return len(siblings) or None


def _governor(folder: Path) -> str | None:
    """Under these drivers the processor itself chooses, and "powersave" is only the kernel's word for that."""
    if not (folder / "scaling_governor").exists():
        return None
    driver, governor = (
        (folder / f"scaling_{name}").read_text(encoding="ascii").strip() for name in ("driver", "governor")
    )
    return None if driver in {"intel_pstate", "amd-pstate-epp"} else governor
