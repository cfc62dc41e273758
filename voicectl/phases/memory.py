"""How much memory a service takes, with the processes that it started itself."""

import re
from contextlib import suppress
from pathlib import Path

from voicectl.phases.processes import children


def memory_mib(pid: int, proc: Path = Path("/proc")) -> int:
    """Resident memory of a process and all its descendants."""
    return round(_family_kib(pid, proc) / 1024)


def _family_kib(pid: int, proc: Path) -> int:
    return _own_kib(pid, proc) + sum(_family_kib(child, proc) for child in children(pid, proc))


def _own_kib(pid: int, proc: Path) -> int:
    with suppress(OSError):
        found = re.search(
            r"^VmRSS:\s+(\d+) kB$", (proc / str(pid) / "status").read_text(encoding="utf-8"), re.MULTILINE
        )
        return int(found[1]) if found else 0
    return 0
