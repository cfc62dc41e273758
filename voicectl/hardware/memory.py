"""Main memory and swap, from /proc."""

from pathlib import Path

from voicectl.hardware.control_group import memory_limit_mib
from voicectl.hardware.facts import Memory

_KIB_A_MIB = 1024


def read_memory(proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> Memory:
    """What there is, what is free, and what the control group leaves of it."""
    lines = (line.partition(":") for line in (proc / "meminfo").read_text(encoding="ascii").splitlines())
    mib = {key: int(value.split()[0]) // _KIB_A_MIB for key, _, value in lines}
    limit = memory_limit_mib(proc, sys)
    return Memory(
        total_mib=mib["MemTotal"],
        available_mib=mib["MemAvailable"],
        limit_mib=limit if limit is not None and limit < mib["MemTotal"] else None,
        swap_total_mib=mib["SwapTotal"],
        swap_used_mib=mib["SwapTotal"] - mib["SwapFree"],
        swappiness=int((proc / "sys/vm/swappiness").read_text(encoding="ascii")),
    )
