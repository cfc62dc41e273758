"""The operating system, and the interpreter that it brings."""

import locale
import os
import platform
import shlex
import stat
import subprocess
from pathlib import Path

from voicectl.hardware.facts import Python, System

_ASK_VERSION = "import sys; print(sys.version.split()[0])"


def read_system(etc: Path = Path("/etc")) -> System:
    """Kernel and release, and whether we are root."""
    release = _release((etc / "os-release").read_text(encoding="utf-8"))
    return System(
        kernel=platform.release(),
        os_id=release.get("ID", "linux"),
        os_version=release.get("VERSION_ID", ""),
        os_name=release.get("PRETTY_NAME", release.get("ID", "Linux")),
        is_root=os.geteuid() == 0,
        encoding=locale.getencoding(),
    )


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
