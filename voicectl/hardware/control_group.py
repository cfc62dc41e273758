"""What a container or a service unit leaves of the machine: the quota of its control group."""

from pathlib import Path

_UNLIMITED_BYTES = 1 << 60  # version 1 writes "no limit" as a number near 2^63
_MIB = 1 << 20


def cpu_quota_cores(proc: Path, sys: Path) -> float | None:
    """Cores that the control group may use; None without a quota."""
    text = _read(_folder(proc, sys, "") / "cpu.max") or _quota_of_version_1(_folder(proc, sys, "cpu"))
    if text is None or text.startswith(("max", "-")):
        return None
    quota, period = text.split()
    return int(quota) / int(period)


def memory_limit_mib(proc: Path, sys: Path) -> int | None:
    """Memory that the control group may use; None without a limit."""
    text = _read(_folder(proc, sys, "") / "memory.max")
    text = text or _read(_folder(proc, sys, "memory") / "memory.limit_in_bytes")
    if text is None or text == "max" or int(text) >= _UNLIMITED_BYTES:
        return None
    return int(text) // _MIB


def _quota_of_version_1(folder: Path) -> str | None:
    quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
    return f"{quota} {period}" if quota and period else None


def _folder(proc: Path, sys: Path, controller: str) -> Path:
    """Our own group's folder; version 2 has one tree, and its controller's name is empty."""
    root = sys / "fs/cgroup" / controller
    for line in (_read(proc / "self/cgroup") or "").splitlines():
        _, controllers, group = line.split(":", 2)
        if controller in controllers.split(",") and (root / group.lstrip("/")).is_dir():
            return root / group.lstrip("/")
    return root  # a container sees its own group as the root


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip() or None
    except OSError:
        return None
