"""What is known about a machine, as plain frozen data: gathered once, read by `doctor` and `plan`."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final, TypeVar

from voicectl.documents import DocumentError, from_plain, to_plain
from voicectl.hardware.gpu_facts import Ecc, Gpu, GpuKind, GpuProcess, Gpus, GpuState, MigInstance, Pcie, SilentGpu
from voicectl.hardware.host_facts import (
    Clock,
    Cpu,
    Disk,
    DiskKind,
    Disks,
    Limits,
    Memory,
    Numa,
    NumaNode,
    Python,
    System,
)
from voicectl.hardware.network_facts import (
    BusyPort,
    Conntrack,
    Firewall,
    Listener,
    Network,
    Ports,
    PortSpan,
    Route,
    Transport,
)
from voicectl.hardware.software_facts import (
    Asterisk,
    Docker,
    LoadedModel,
    ModelSources,
    Packages,
    SecretFile,
    Secrets,
    Service,
    Services,
)

__all__ = [
    "SCHEMA",
    "Asterisk",
    "BusyPort",
    "Clock",
    "Conntrack",
    "Cpu",
    "Disk",
    "DiskKind",
    "Disks",
    "Docker",
    "Ecc",
    "Facts",
    "Firewall",
    "Gpu",
    "GpuKind",
    "GpuProcess",
    "GpuState",
    "Gpus",
    "Limits",
    "Listener",
    "LoadedModel",
    "Memory",
    "MigInstance",
    "ModelSources",
    "Network",
    "NotKnownError",
    "Numa",
    "NumaNode",
    "Packages",
    "Pcie",
    "PortSpan",
    "Ports",
    "Python",
    "Route",
    "SecretFile",
    "Secrets",
    "Service",
    "Services",
    "SilentGpu",
    "System",
    "Transport",
    "Unknown",
    "facts_from_dict",
    "known",
]

SCHEMA: Final = "voicectl.facts/1"
T = TypeVar("T")


@dataclass(frozen=True)
class Unknown:
    """A fact that could not be found out; never taken for good news."""

    why_unknown: str


class NotKnownError(Exception):
    """A conclusion was drawn from a fact that nobody knows."""


def known(fact: T | Unknown) -> T:
    """The fact itself.

    Raises:
        NotKnownError: it could not be gathered; the reason is its text.
    """
    if isinstance(fact, Unknown):
        raise NotKnownError(fact.why_unknown)
    return fact


@dataclass(frozen=True)
class Facts:
    """A machine."""

    cpu: Cpu | Unknown
    memory: Memory | Unknown
    numa: Numa | Unknown
    disks: Disks | Unknown
    system: System | Unknown
    python: Python | Unknown
    ports: Ports | Unknown
    docker: Docker | Unknown
    gpus: Gpus | Unknown
    asterisk: Asterisk | Unknown
    packages: Packages | Unknown
    clock: Clock | Unknown
    limits: Limits | Unknown
    network: Network | Unknown
    models: ModelSources | Unknown
    secrets: Secrets | Unknown
    services: Services | Unknown
    firewall: Firewall | Unknown

    def to_dict(self) -> dict[str, object]:
        """The facts as a document."""
        return {"schema": SCHEMA, **to_plain(self)}


def facts_from_dict(document: dict[str, object]) -> Facts:
    """Facts from their document.

    Raises:
        DocumentError: it is no such document; the text names the place.
    """
    body = {key: value for key, value in document.items() if key not in {"schema", "ok"}}
    if document.get("schema") != SCHEMA:
        raise DocumentError(f"not a {SCHEMA} document")
    facts = from_plain(Facts, body, "facts")
    assert isinstance(facts, Facts)  # noqa: S101 - narrows the type; from_plain made it
    _ensure_sound(facts)
    return facts


def _ensure_sound(facts: Facts) -> None:
    """What is reckoned with must be more than of the right type."""
    if isinstance(facts.cpu, Cpu) and facts.cpu.cores < 1:  # planning divides by it
        raise DocumentError(f"facts.cpu.cores: expected at least 1, found {facts.cpu.cores}")
    for where, mib, least in _sizes(facts):
        if mib is not None and mib < least:
            raise DocumentError(f"facts.{where}: expected at least {least}, found {mib}")
    if isinstance(facts.network, Network):
        try:
            for address in (*facts.network.addresses, *facts.network.addresses_v6):
                ip_address(address)
            for route in facts.network.routes:
                ip_network(route.network)
        except ValueError as error:
            raise DocumentError(f"facts.network: {error}") from error


def _sizes(facts: Facts) -> Iterator[tuple[str, int | None, int]]:
    """Memory, with the least that it can be: a card that reserves less than nothing would carry any number of calls."""
    if isinstance(facts.memory, Memory):
        yield "memory.total_mib", facts.memory.total_mib, 1
        yield "memory.limit_mib", facts.memory.limit_mib, 0
    for card in facts.gpus.cards if isinstance(facts.gpus, Gpus) else ():
        where = f"gpus.cards[{card.index}]"
        yield f"{where}.vram_mib", card.vram_mib, 0
        yield f"{where}.vram_used_mib", card.vram_used_mib, 0
        yield f"{where}.vram_reserved_mib", card.vram_reserved_mib, 0
        yield from ((f"{where}.instances.vram_mib", part.vram_mib, 0) for part in card.instances)
        yield from ((f"{where}.instances.vram_used_mib", part.vram_used_mib, 0) for part in card.instances)
        yield from ((f"{where}.processes.used_mib", one.used_mib, 0) for one in card.processes)
