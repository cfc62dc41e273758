"""The distribution's packages: what is installed, what could be, and whether the package system is busy."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from voicectl.hardware.software_facts import Asterisk, Packages

# The driver's own packages of Debian, Ubuntu and NVIDIA, which carry its version or its kernel module.
_DRIVER: Final = re.compile(
    r"nvidia-(?:driver|kernel|dkms|open|headless)\b.*|libnvidia-(?:ml1|compute\b.*)|cuda-drivers\b.*"
)
_TIME_DAEMONS: Final = ("chrony", "systemd-timesyncd", "ntpsec", "openntpd")
_UPGRADES: Final = re.compile(r'^\s*APT::Periodic::Unattended-Upgrade\s+"[1-9]', re.MULTILINE)


def read_packages(root: Path = Path("/")) -> Packages:
    """Whether there is apt, whether somebody holds its lock, and what it will do with the GPU's driver by itself."""
    states = dict(_states(root / "var/lib/dpkg/status"))
    return Packages(
        apt=shutil.which("apt-get") is not None,
        locked_by=_lock_holder(root / "var/lib/dpkg/lock-frontend", root / "proc/locks"),
        held=tuple(sorted(name for name, wanted in states.items() if wanted == "hold")),
        nvidia=tuple(sorted(name for name in states if _DRIVER.fullmatch(name))),
        unattended_upgrades=_upgrades_by_itself(root / "etc/apt/apt.conf.d"),
        time_daemon=next((name for name in _TIME_DAEMONS if name in states), None),
        ansible=ansible_beside(Path(sys.executable).parent),
    )


def ansible_beside(programs: Path) -> str | None:
    """The one that deploy starts, whatever PATH says; a machine that is examined from elsewhere has no voicectl."""
    installed = {name: find_spec(name) is not None for name in ("typer", "ansible", "ansible_runner")}
    if not installed["typer"]:
        return None
    is_whole = all(installed.values()) and (programs / "ansible-playbook").exists()
    return version("ansible-core") if is_whole else ""


def _states(status: Path) -> Iterator[tuple[str, str]]:
    """Installed packages, and what is wanted of them: install or hold."""
    text = status.read_text(encoding="utf-8", errors="replace") if status.exists() else ""
    yield from re.findall(r"^Package: (\S+)\nStatus: (\w+) ok installed$", text, re.MULTILINE)


def _upgrades_by_itself(folder: Path) -> bool:
    """The settings of apt are many files; one that turns upgrades on is enough to warn."""
    return any(_UPGRADES.search(path.read_text(encoding="utf-8", errors="replace")) for path in folder.glob("*"))


def _lock_holder(lock: Path, table: Path) -> int | None:
    """Read from the kernel's table of locks: trying the lock would itself disturb whoever installs packages."""
    if not lock.exists() or not table.exists():
        return None
    stat = lock.stat()
    place = f"{os.major(stat.st_dev):02x}:{os.minor(stat.st_dev):02x}:{stat.st_ino}"
    rows = (line.split() for line in table.read_text(encoding="ascii").splitlines())
    return next((int(row[4]) for row in rows if row[5:6] == [place]), None)


def read_asterisk(store: Path, root: Path = Path("/")) -> Asterisk:
    """The telephone exchange, wherever it is, or where it could come from."""
    installed = installed_version("asterisk", root) or _says_itself(root / "usr/sbin/asterisk")
    in_store = installed_version("asterisk", store / "asterisk")
    if installed or in_store:  # apt-cache takes half a second, and would change nothing
        return Asterisk(installed=installed, in_store=in_store, candidate=None, debootstrap=None)
    offered = _offered("asterisk", "debootstrap") if shutil.which("apt-cache") else {}
    debootstrap = "installed" if shutil.which("debootstrap") else offered.get("debootstrap")
    return Asterisk(installed=None, in_store=None, candidate=offered.get("asterisk"), debootstrap=debootstrap)


def installed_version(package: str, root: Path) -> str | None:
    """A package's version from the list of a root file system, without starting anything in it."""
    status = root / "var/lib/dpkg/status"
    if not status.exists():
        return None
    text = status.read_text(encoding="utf-8", errors="replace")
    block = re.search(rf"^Package: {re.escape(package)}\n(?:.+\n)*", text, re.MULTILINE)
    if block is None or "\nStatus: install ok installed\n" not in block[0]:
        return None
    version = re.search(r"^Version: (.+)$", block[0], re.MULTILINE)
    return version[1] if version else None


def _says_itself(program: Path) -> str | None:
    if not program.exists():
        return None
    answer = subprocess.run([str(program), "-V"], capture_output=True, text=True, timeout=1, check=True)
    return answer.stdout.strip().removeprefix("Asterisk ")


def _offered(*packages: str) -> dict[str, str]:
    """What apt would install, of these packages."""
    argv = ["apt-cache", "policy", *packages]
    answer = subprocess.run(
        argv, capture_output=True, text=True, timeout=1.5, check=True, env={**os.environ, "LC_ALL": "C"}
    )
    found = re.findall(r"^(\S+):\n(?:  .*\n)*?  Candidate: (.+)$", answer.stdout, re.MULTILINE)
    return {name: version for name, version in found if version != "(none)"}
