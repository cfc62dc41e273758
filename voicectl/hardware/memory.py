"""Main memory, swap, and the nodes that memory belongs to, from /proc and /sys."""

import re
from pathlib import Path

from voicectl.hardware.control_group import memory_limit_mib
from voicectl.hardware.host_facts import Memory, Numa, NumaNode

_KIB_A_MIB = 1024
_NODE_TOTAL = re.compile(r"MemTotal:\s+(\d+) kB")


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
        overcommit=_setting(proc / "sys/vm/overcommit_memory"),
        map_count=_setting(proc / "sys/vm/max_map_count"),
    )


def _setting(path: Path) -> int | None:
    return int(path.read_text(encoding="ascii")) if path.exists() else None


def read_numa(sys: Path = Path("/sys")) -> Numa:
    """The nodes in the order of their numbers; none where the kernel knows no such thing."""
    folders = sorted((sys / "devices/system/node").glob("node[0-9]*"), key=lambda one: int(one.name[4:]))
    return Numa(nodes=tuple(_node(folder) for folder in folders))


def _node(folder: Path) -> NumaNode:
    total = _NODE_TOTAL.search((folder / "meminfo").read_text(encoding="ascii"))
    return NumaNode(
        number=int(folder.name[4:]),
        cpus=(folder / "cpulist").read_text(encoding="ascii").strip(),
        memory_mib=int(total[1]) // _KIB_A_MIB if total else 0,
    )
