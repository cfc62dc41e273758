"""The operating system, and the interpreter that it brings."""

import locale
import os
import platform
import re
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Literal

from voicectl.hardware.host_facts import Python, System

_ASK_VERSION = "import sys; print(sys.version.split()[0])"


def read_system(root: Path = Path("/")) -> System:
    """Kernel and release, whether we are root, and what kind of machine this is."""
    release = _release((root / "etc/os-release").read_text(encoding="utf-8"))
    return System(
        kernel=platform.release(),
        os_id=release.get("ID", "linux"),
        os_version=release.get("VERSION_ID", ""),
        os_name=release.get("PRETTY_NAME", release.get("ID", "Linux")),
        is_root=os.geteuid() == 0,
        encoding=locale.getencoding(),
        control_groups=_control_groups(root / "sys/fs/cgroup"),
        container=_container(root),
        huge_pages=_chosen(root / "sys/kernel/mm/transparent_hugepage/enabled"),
        kernel_settable=not os.statvfs(root / "proc/sys").f_flag & os.ST_RDONLY,
    )


def _control_groups(tree: Path) -> Literal[1, 2] | None:
    if (tree / "cgroup.controllers").exists():
        return 2
    return 1 if (tree / "memory").exists() else None


def _container(root: Path) -> str:
    """The container's kind as its maker left a mark of it; WSL is a machine that only looks like one of its own."""
    if "microsoft" in (root / "proc/sys/kernel/osrelease").read_text(encoding="ascii").lower():
        return "wsl"
    said = root / "run/systemd/container"  # written by systemd inside the container
    if said.exists():
        return said.read_text(encoding="ascii").strip()
    marks = {"docker": ".dockerenv", "podman": "run/.containerenv"}
    return next((kind for kind, mark in marks.items() if (root / mark).exists()), "")


def _chosen(path: Path) -> str | None:
    """The kernel puts the choice into brackets: always [madvise] never."""
    found = re.search(r"\[(\w+)\]", path.read_text(encoding="ascii")) if path.exists() else None
    return found[1] if found else None


def _release(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): "".join(shlex.split(value)) for key, _, value in lines}


def read_python(path: Path = Path("/usr/bin/python3")) -> Python:
    """The version that it says itself, and whether another user may run it."""
    if not path.exists():
        return Python(path=str(path), version=None, world_readable=False)
    answer = subprocess.run([str(path), "-ISc", _ASK_VERSION], capture_output=True, text=True, timeout=1, check=True)
    return Python(path=str(path), version=answer.stdout.strip(), world_readable=_anybody_may_run(path.resolve()))


def _anybody_may_run(program: Path) -> bool:
    return all(place.stat().st_mode & stat.S_IXOTH for place in (program, *program.parents))
