"""The kernel's settings, the operating system, the disks and the passwords, each from files."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from voicectl.hardware.disks import read_disks
from voicectl.hardware.facts import Conntrack, PortSpan, Route
from voicectl.hardware.kernel import read_clock, read_limits
from voicectl.hardware.network import read_network
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


def test_who_bans_is_known_by_its_process(proc: Path, write: Write) -> None:
    """Of crowdsec the part that bans; a process may be called anything, or be gone."""
    write("proc/7/comm", "crowdsec\n")
    (proc / "8").mkdir()
    write("proc/9/comm", "").write_bytes(b"\xff\n")
    assert read_network(proc).banning == ()

    write("proc/10/comm", "fail2ban-server\n")
    write("proc/11/comm", "crowdsec-firewa\n")
    assert read_network(proc).banning == ("fail2ban", "crowdsec")


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
    write("proc/sys/kernel/osrelease", "6.1.0-40-amd64\n")
    write("etc/os-release", '# comment\nPRETTY_NAME="Debian GNU/Linux forky/sid"\nID=debian\n')
    system = read_system(tmp_path)

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
    disks = read_disks(tmp_path / "opt/voicectl", tmp_path / "opt/voicectl/store", shm=tmp_path)

    assert disks.prefix.path == str(tmp_path / "opt/voicectl")
    assert disks.prefix.free_mib == disks.store.free_mib > 0
    assert not disks.prefix.read_only


def test_passwords_are_listed_and_not_read(write: Write, tmp_path: Path) -> None:
    """Names and modes are enough; before the first deployment there are none."""
    assert read_secrets(tmp_path / "secrets").files == ()

    write("secrets/phone", "secret").chmod(0)
    (found,) = read_secrets(tmp_path / "secrets").files
    assert (found.path, found.mode) == (str(tmp_path / "secrets/phone"), 0)


def test_addresses_routes_and_losses_are_read(proc: Path, write: Write) -> None:
    """What decides whether a caller's packets arrive: where they come in, and whether a table or a buffer is full."""
    write("proc/net/fib_trie", "Main:\n  |-- 127.0.0.1\n   /32 host LOCAL\n  |-- 10.0.0.9\n   /32 host LOCAL\nLocal:\n")
    write(
        "proc/net/if_inet6",
        f"{'0' * 31}1 01 80 10 80 lo\nfd{'0' * 29}2 04 40 00 82 eth0\nfe8{'0' * 28}1 04 40 20 80 e\n",
    )
    header = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
    attached = "eth0 0000000A 00000000 0001 0 0 0 00FFFFFF 0 0 0\n"
    write("proc/net/route", f"{header}eth0 00000000 0100000A 0003 0 0 0 00000000 0 0 0\n{attached}")
    write("proc/net/snmp", "Udp: InDatagrams InErrors RcvbufErrors\nUdp: 9 8 7\n")
    for name, value in (("count", 12), ("max", 65_536), ("udp_timeout_stream", 120)):
        write(f"proc/sys/net/netfilter/nf_conntrack_{name}", f"{value}\n")
    write("sys/class/net/eth0/mtu", "1400\n")
    network = read_network(proc, proc.parent / "sys")

    assert network.addresses == ("10.0.0.9",)
    assert not network.has_public_address
    assert network.addresses_v6 == ("fd00::2",)
    assert network.routes == (
        Route("eth0", "0.0.0.0/0", "10.0.0.1", 1400),
        Route("eth0", "10.0.0.0/24", None, 1400),
    )
    assert network.conntrack == Conntrack(12, 65_536, 120)
    assert (network.udp_datagrams, network.udp_buffer_errors) == (9, 7)


@pytest.mark.parametrize(
    ("mark", "kind"),
    [("run/systemd/container", "lxc"), (".dockerenv", "docker"), ("run/.containerenv", "podman"), ("etc/nothing", "")],
)
def test_a_container_is_recognised(write: Write, tmp_path: Path, mark: str, kind: str) -> None:
    """By the mark that its maker leaves."""
    write("proc/sys/kernel/osrelease", "6.1.0-40-amd64\n")
    write("etc/os-release", "ID=debian\n")
    write("sys/fs/cgroup/cgroup.controllers", "cpu\n")
    write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n")
    write(mark, kind)
    system = read_system(tmp_path)

    assert (system.container, system.control_groups, system.huge_pages) == (kind, 2, "madvise")


def test_windows_behind_linux_is_recognised(write: Write, tmp_path: Path) -> None:
    """WSL names itself in the kernel's release."""
    write("proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2\n")
    write("etc/os-release", "ID=ubuntu\n")

    assert read_system(tmp_path).container == "wsl"


@pytest.mark.parametrize(
    ("device", "rotational", "kind"), [("nvme0n1", 0, "nvme"), ("sda", 0, "ssd"), ("sdb", 1, "hdd")]
)
def test_a_partition_is_of_its_disks_kind(
    write: Write, tmp_path: Path, device: str, rotational: int, kind: str
) -> None:
    """The kernel tells it of the whole disk; the file system is known by its mount."""
    number = f"{os.major(tmp_path.stat().st_dev)}:{os.minor(tmp_path.stat().st_dev)}"
    write("proc/self/mountinfo", f"36 35 {number} / /mnt rw,noatime master:1 - ext4 /dev/{device}1 rw\n")
    write(f"sys/devices/{device}/queue/rotational", f"{rotational}\n")
    (tmp_path / f"sys/devices/{device}/{device}1").mkdir()
    (tmp_path / "sys/dev/block").mkdir(parents=True)
    (tmp_path / "sys/dev/block" / number).symlink_to(f"../../devices/{device}/{device}1")
    disk = read_disks(tmp_path, tmp_path, shm=tmp_path, roots=(tmp_path / "proc", tmp_path / "sys")).prefix

    assert (disk.kind, disk.file_system, disk.read_mb_s) == (kind, "ext4", None)


def test_the_read_speed_is_measured_on_what_lies_there(tmp_path: Path) -> None:
    """On request alone, and only where a file is large enough to say something."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models/small").write_bytes(b"x")
    assert read_disks(tmp_path, tmp_path, measure=True, shm=tmp_path).store.read_mb_s is None

    (tmp_path / "models/large").write_bytes(bytes(40 << 20))
    assert (read_disks(tmp_path, tmp_path, measure=True, shm=tmp_path).store.read_mb_s or 0) > 0
    assert read_disks(tmp_path, tmp_path, shm=tmp_path).store.read_mb_s is None
