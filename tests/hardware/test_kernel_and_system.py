"""The kernel's settings, the operating system, the disks and the passwords, each from files."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from voicectl.hardware.disks import read_disks
from voicectl.hardware.facts import PortSpan
from voicectl.hardware.kernel import read_clock, read_limits, read_network
from voicectl.hardware.secrets import read_secrets
from voicectl.hardware.system import read_python, read_system

Write = Callable[[str, str], Path]


@pytest.fixture
def proc(write: Write, tmp_path: Path) -> Path:
    """A kernel as Debian sets it up."""
    write("proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n")
    write("proc/sys/net/ipv4/ip_local_reserved_ports", "53,10000-10099\n")
    write("proc/sys/net/core/rmem_max", "212992\n")
    write("proc/sys/net/core/wmem_max", "425984\n")
    write(
        "proc/modules",
        "nf_nat_sip 20480 0 - Live 0x0\nnf_conntrack_sip 45056 1 nf_nat_sip, Live 0x0\next4 1 0 - Live 0x0\n",
    )
    return tmp_path / "proc"


def test_the_network_is_read(proc: Path) -> None:
    """Buffers, port ranges, and the two modules that rewrite SIP."""
    network = read_network(proc)

    assert (network.rmem_max, network.wmem_max) == (212_992, 425_984)
    assert (network.local_port_first, network.local_port_last) == (32_768, 60_999)
    assert network.reserved_ports == (PortSpan(53, 53), PortSpan(10_000, 10_099))
    assert network.sip_modules == ("nf_conntrack_sip", "nf_nat_sip")


def test_a_container_hides_some_of_it(proc: Path, write: Write) -> None:
    """No buffers, no modules, no reserved ports: that is no reason to know nothing."""
    (proc / "sys/net/core/rmem_max").unlink()
    (proc / "modules").unlink()
    write("proc/sys/net/ipv4/ip_local_reserved_ports", "\n")
    network = read_network(proc)

    assert network.rmem_max is None
    assert network.sip_modules == ()
    assert network.reserved_ports == ()


def test_the_kernel_answers_for_itself() -> None:
    """Clock and limits come from system calls that need no rights."""
    assert read_clock().synchronised in {True, False}
    assert read_limits().nofile_hard == -1 or read_limits().nofile_soft <= read_limits().nofile_hard


def test_the_release_is_read_as_a_shell_would(write: Write, tmp_path: Path) -> None:
    """Quotes, comments and a missing version (Debian's testing) are all to be met."""
    write("etc/os-release", '# comment\nPRETTY_NAME="Debian GNU/Linux forky/sid"\nID=debian\n')
    system = read_system(tmp_path / "etc")

    assert (system.os_id, system.os_version, system.os_name) == ("debian", "", "Debian GNU/Linux forky/sid")


def test_a_missing_interpreter_is_a_fact(tmp_path: Path) -> None:
    """A container without Python is told apart from one that does not answer."""
    assert read_python(tmp_path / "python3").version is None


def test_a_private_interpreter_is_noticed(tmp_path: Path) -> None:
    """The services run as other users; a Python that only root reaches is of no use to them."""
    program = tmp_path / "python3"
    program.write_text("#!/bin/sh\necho 3.12.1\n", encoding="utf-8")
    program.chmod(stat.S_IRWXU)
    python = read_python(program)

    assert python.version == "3.12.1"
    assert not python.world_readable


def test_a_folder_that_does_not_exist_yet_has_a_disk(tmp_path: Path) -> None:
    """Its nearest parent tells how much room there will be."""
    disks = read_disks(tmp_path / "opt/voicectl", tmp_path / "opt/voicectl/store", tmp_path)

    assert disks.prefix.path == str(tmp_path / "opt/voicectl")
    assert disks.prefix.free_mib == disks.store.free_mib > 0
    assert not disks.prefix.read_only


def test_passwords_are_listed_and_not_read(write: Write, tmp_path: Path) -> None:
    """Names and modes are enough; before the first deployment there are none."""
    assert read_secrets(tmp_path / "secrets").files == ()

    write("secrets/phone", "secret").chmod(0)
    (found,) = read_secrets(tmp_path / "secrets").files
    assert (found.path, found.mode) == (str(tmp_path / "secrets/phone"), 0)
