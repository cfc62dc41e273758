"""What the distribution has, read from its own lists."""

import os
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from voicectl.hardware import packages
from voicectl.hardware.packages import ansible_beside, installed_version, read_asterisk, read_packages

Write = Callable[[str, str], Path]
STATUS = """Package: asterisk-modules
Status: install ok installed
Version: 1:9.9.9

Package: asterisk
Status: install ok installed
Priority: optional
Version: 1:22.10.1~dfsg+~cs6.15.60671435-1
Description: telephone exchange
 and more

Package: debootstrap
Status: deinstall ok config-files
Version: 1.0.128
"""
POLICY = """asterisk:
  Installed: (none)
  Candidate: {candidate}
  Version table:
     1:20.6.0 500
        500 mirror universe Packages
debootstrap:
  Installed: (none)
  Candidate: 1.0.134ubuntu1
  Version table:
"""


def test_a_version_comes_from_the_list_of_a_root(write: Write, tmp_path: Path) -> None:
    """Of the very package, and only where it is really installed."""
    write("root/var/lib/dpkg/status", STATUS)

    assert installed_version("asterisk", tmp_path / "root") == "1:22.10.1~dfsg+~cs6.15.60671435-1"
    assert installed_version("debootstrap", tmp_path / "root") is None
    assert installed_version("baresip", tmp_path / "root") is None
    assert installed_version("asterisk", tmp_path / "elsewhere") is None


def test_the_ansible_beside_voicectl_counts(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an installation that lost a part nothing is left, and where voicectl is not installed nobody looks."""
    assert ansible_beside(tmp_path) == ""
    write("ansible-playbook", "")
    assert ansible_beside(tmp_path) == version("ansible-core")
    for lost, says in (("ansible_runner", ""), ("typer", None)):
        monkeypatch.setattr(packages, "find_spec", lambda name, lost=lost: None if name == lost else find_spec(name))
        assert ansible_beside(tmp_path) == says


def test_a_root_in_the_store_is_found_without_asking_apt(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployed machine's doctor does not spend half a second on a question that is settled."""
    monkeypatch.setattr(packages, "_offered", lambda *_: pytest.fail("asked apt"))
    write("store/asterisk/var/lib/dpkg/status", STATUS)
    asterisk = read_asterisk(tmp_path / "store", tmp_path / "root")

    assert asterisk.in_store == "1:22.10.1~dfsg+~cs6.15.60671435-1"
    assert asterisk.installed is None


@pytest.mark.parametrize(("candidate", "expected"), [("1:20.6.0~dfsg-2", "1:20.6.0~dfsg-2"), ("(none)", None)])
def test_what_apt_would_install_is_read(
    candidate: str, expected: str | None, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The candidate, not the table of versions below it; "(none)" is none."""
    program = write("bin/apt-cache", f"#!/bin/sh\ncat <<END\n{POLICY.format(candidate=candidate)}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin")
    monkeypatch.setattr("shutil.which", lambda name: str(program) if name == "apt-cache" else None)
    asterisk = read_asterisk(tmp_path / "store", tmp_path / "root")

    assert asterisk.candidate == expected
    assert asterisk.debootstrap == "1.0.134ubuntu1"


def test_a_held_lock_names_its_holder(write: Write, tmp_path: Path) -> None:
    """Found in the kernel's table, without touching the lock."""
    lock = write("var/lib/dpkg/lock-frontend", "")
    status = lock.stat()
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    row = "1: POSIX  ADVISORY  WRITE {pid} {place} 0 EOF\n"
    write("proc/locks", row.format(pid=11, place="00:00:1") + row.format(pid=4711, place=place))
    assert read_packages(tmp_path).locked_by == 4711

    write("proc/locks", row.format(pid=11, place="00:00:1"))
    assert read_packages(tmp_path).locked_by is None


def test_what_apt_does_to_the_gpus_driver_is_known(write: Write, tmp_path: Path) -> None:
    """Its packages, those of them that are held, and whether upgrades come by themselves."""
    row = "Package: {}\nStatus: {} ok installed\nVersion: 1\n\n"
    write(
        "var/lib/dpkg/status",
        row.format("nvidia-driver-550", "hold")
        + row.format("libnvidia-ml1", "install")
        + row.format("bash", "install"),
    )
    assert not read_packages(tmp_path).unattended_upgrades

    write("etc/apt/apt.conf.d/20auto-upgrades", 'APT::Periodic::Unattended-Upgrade "1";\n')
    packages = read_packages(tmp_path)

    assert packages.nvidia == ("libnvidia-ml1", "nvidia-driver-550")
    assert packages.held == ("nvidia-driver-550",)
    assert packages.unattended_upgrades
