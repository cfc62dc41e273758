"""Ports are bound for real, and whoever holds one is named."""

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from voicectl.config.load import parse_config
from voicectl.config.sections import Config
from voicectl.hardware.network_facts import Listener
from voicectl.hardware.ports import read_ports, wanted_ports
from voicectl.hardware.socket_owners import Sockets

Write = Callable[[str, str], Path]
Listen = Callable[[socket.SocketKind], int]
HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Hold a free port of loopback until the test is over."""
    held: list[socket.socket] = []

    def _listen(kind: socket.SocketKind) -> int:
        holder = socket.socket(socket.AF_INET, kind)
        held.append(holder)
        if kind is socket.SOCK_STREAM:  # as servers do
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            holder.listen(1)
        return int(holder.getsockname()[1])

    yield _listen
    for holder in held:
        holder.close()


def wishes(tmp_path: Path, *, sip_port: int, stt_port: int = 21_002) -> Config:
    """A configuration whose other ports lie where nothing listens."""
    config = parse_config("")
    sip = replace(config.sip, port=sip_port, rtp_first=21_010, rtp_last=21_013)
    services = replace(
        config.services,
        stt_port=stt_port,
        tts_port=21_003,
        llm_port=21_004,
        orchestrator_port=21_005,
        supervisor_port=21_006,
    )
    return replace(config, sip=sip, services=services, deploy=replace(config.deploy, prefix=tmp_path / "prefix"))


def test_every_port_of_the_agent_is_wanted() -> None:
    """SIP over both transports, each audio port, and five services."""
    wanted = list(wanted_ports(parse_config("sip.rtp_first = 12000\nsip.rtp_last = 12015")))

    assert [(one.service, one.transport) for one in wanted[:2]] == [("sip", "udp"), ("sip", "tcp")]
    assert [one.port for one in wanted if one.service == "rtp"] == list(range(12_000, 12_016))
    assert {one.service for one in wanted} == {"sip", "rtp", "stt", "tts", "llm", "orchestrator", "supervisor"}


def test_a_taken_udp_port_is_found_and_its_holder_named(listen: Listen, tmp_path: Path) -> None:
    """Looking at TCP alone would call this port free."""
    port = listen(socket.SOCK_DGRAM)
    busy = [one for one in read_ports(wishes(tmp_path, sip_port=port)).busy if one.service == "sip"]

    assert [(one.transport, one.problem, one.pid, one.ours) for one in busy] == [("udp", "in use", os.getpid(), False)]
    assert busy[0].owner


def test_a_taken_tcp_port_is_found(listen: Listen, tmp_path: Path) -> None:
    """The same for a service."""
    port = listen(socket.SOCK_STREAM)
    ports = read_ports(wishes(tmp_path, sip_port=21_001, stt_port=port))

    assert [one.port for one in ports.busy if one.service == "stt"] == [port]


def test_trying_a_port_leaves_it_free(tmp_path: Path) -> None:
    """A second look sees what the first saw."""
    config = wishes(tmp_path, sip_port=21_001)

    assert read_ports(config) == read_ports(config)
    assert read_ports(config).tried == 11


def test_an_address_of_another_machine_is_told_apart(tmp_path: Path) -> None:
    """It cannot be bound, and nobody holds it."""
    config = wishes(tmp_path, sip_port=21_001)
    config = replace(config, sip=replace(config.sip, address="192.0.2.1"))
    busy = [one for one in read_ports(config).busy if one.service == "sip"]

    assert {one.problem for one in busy} == {"no such address"}
    assert {one.owner for one in busy} == {None}


@pytest.fixture
def proc(write: Write, tmp_path: Path) -> Path:
    """A /proc where Asterisk (812) holds 5060/udp and a program under our supervisor (902) holds 8000/tcp."""
    write("proc/net/udp", f"{HEADER}   0: 0100007F:13C4 00000000:0000 07 0:0 0:0 0 0 0 1111 2 0 0\n")
    write("proc/net/tcp", f"{HEADER}   0: 0100007F:1F40 00000000:0000 0A 0:0 0:0 0 0 0 2222 2 0 0\n")
    write("proc/net/tcp6", f"{HEADER}   0: 0000000000000000FFFF00000100007F:1F41 0:0000 01 0:0 0:0 0 0 0 3333 2 0 0\n")
    for pid, comm, parent, arguments, inode in (
        (812, "asterisk", 1, "/usr/sbin/asterisk\0-f\0", 1111),
        (
            901,
            "supervisord",
            1,
            "/usr/bin/python3\0supervisord\0--configuration=/opt/voicectl/etc/supervisord.conf\0",
            0,
        ),
        (902, "odd ) name", 901, "/srv/store/venvs/stt/bin/python\0", 2222),
    ):
        write(f"proc/{pid}/comm", f"{comm}\n")
        write(f"proc/{pid}/stat", f"{pid} ({comm}) S {parent} {pid} 0\n")
        write(f"proc/{pid}/cmdline", arguments)
        (tmp_path / f"proc/{pid}/fd").mkdir()
        (tmp_path / f"proc/{pid}/fd/3").symlink_to(f"socket:[{inode}]")
    (tmp_path / "proc/902/fd/4").symlink_to("socket:[3333]")  # a connection from 8001, not a listener
    return tmp_path / "proc"


def test_a_stranger_is_named(proc: Path) -> None:
    """The program and its process, so that the operator can end it."""
    owner = Sockets(proc).owner(5060, "udp", Path("/opt/voicectl"))

    assert owner is not None
    assert (owner.pid, owner.program, owner.ours) == (812, "asterisk", False)


def test_a_program_under_our_supervisor_is_ours(proc: Path) -> None:
    """Even from a store that several agents share: its supervisor reads our configuration."""
    assert (owner := Sockets(proc).owner(8000, "tcp", Path("/opt/voicectl"))) is not None
    assert owner.ours
    assert (other := Sockets(proc).owner(8000, "tcp", Path("/opt/voice"))) is not None
    assert not other.ours


def test_a_connection_is_no_listener(proc: Path) -> None:
    """A client that happens to use the port number does not hold the port."""
    assert Sockets(proc).owner(8001, "tcp", Path("/opt/voicectl")) is None


def test_a_holder_that_may_not_be_seen_is_nobody(proc: Path) -> None:
    """Another container's process has a socket in the table and no folder in /proc."""
    (proc / "812/fd/3").unlink()

    assert Sockets(proc).owner(5060, "udp", Path("/opt/voicectl")) is None


def test_everybody_who_listens_is_listed(proc: Path, write: Write) -> None:
    """A support case shows who has which port; a connection is none, and IPv6 is read as well."""
    loopback = "00000000000000000000000001000000"
    write("proc/net/udp6", f"{HEADER}   0: {loopback}:0035 0:0000 07 0:0 0:0 0 0 0 4444 2 0 0\n")

    assert Sockets(proc).listening() == (
        Listener("::1", 53, "udp", None, None),
        Listener("127.0.0.1", 5060, "udp", "asterisk", 812),
        Listener("127.0.0.1", 8000, "tcp", "odd ) name", 902),
    )
