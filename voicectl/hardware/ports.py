"""Whether the agent's ports are free: each is bound for real, for reading a table proves nothing about a bind."""

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from voicectl.config.sections import Config
from voicectl.hardware.network_facts import BusyPort, Ports, Transport
from voicectl.hardware.socket_owners import Sockets

_LOOPBACK: Final = "127.0.0.1"
_Problem = Literal["in use", "no such address", "not permitted", "other"]
_PROBLEMS: Final[dict[int, _Problem]] = {
    errno.EADDRINUSE: "in use",
    errno.EADDRNOTAVAIL: "no such address",
    errno.EACCES: "not permitted",
}


@dataclass(frozen=True)
class WantedPort:
    """One port that the agent will listen on."""

    service: str
    address: str
    port: int
    transport: Transport


def wanted_ports(config: Config) -> Iterator[WantedPort]:
    """Every port of this configuration, SIP first."""
    yield WantedPort("sip", config.sip.address, config.sip.port, "udp")
    yield WantedPort("sip", config.sip.address, config.sip.port, "tcp")
    for port in range(config.sip.rtp_first, config.sip.rtp_last + 1):
        yield WantedPort("rtp", config.sip.address, port, "udp")
    services = config.services
    yield WantedPort("stt", _LOOPBACK, services.stt_port, "tcp")
    yield WantedPort("tts", _LOOPBACK, services.tts_port, "tcp")
    yield WantedPort("llm", _LOOPBACK, services.llm_port, "tcp")
    yield WantedPort("orchestrator", _LOOPBACK, services.orchestrator_port, "tcp")
    yield WantedPort("supervisor", _LOOPBACK, services.supervisor_port, "tcp")


def read_ports(config: Config) -> Ports:
    """Bind them all, and ask who holds those that cannot be bound."""
    wanted, sockets = tuple(wanted_ports(config)), Sockets()
    busy = tuple(
        _busy(port, problem, sockets, config.deploy.prefix) for port in wanted if (problem := _try(port)) is not None
    )
    return Ports(tried=len(wanted), busy=busy, listening=sockets.listening())


def _try(wanted: WantedPort) -> _Problem | None:
    kind = socket.SOCK_DGRAM if wanted.transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as attempt:
        if wanted.transport == "tcp":  # as servers do: closing connections do not count, listeners still do
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((wanted.address, wanted.port))
        except OSError as error:
            return _PROBLEMS.get(error.errno or 0, "other")
    return None


def _busy(wanted: WantedPort, problem: _Problem, sockets: Sockets, prefix: Path) -> BusyPort:
    owner = sockets.owner(wanted.port, wanted.transport, prefix) if problem == "in use" else None
    return BusyPort(
        service=wanted.service,
        address=wanted.address,
        port=wanted.port,
        transport=wanted.transport,
        problem=problem,
        owner=owner.program if owner else None,
        pid=owner.pid if owner else None,
        ours=owner is not None and owner.ours,
    )
