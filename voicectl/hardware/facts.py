"""What is known about a machine, as plain frozen data: gathered once, read by `doctor` and `plan`."""

from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from voicectl.documents import DocumentError, from_plain, to_plain

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
class Cpu:
    """The processor, as far as engines can use it."""

    model: str
    architecture: str
    cores: int
    """Cores that this machine may use: affinity and the control group's quota are taken into account."""
    flags: tuple[str, ...]
    """Sorted."""
    virtualised: bool
    steal_percent: float
    """Time since boot that the hypervisor gave to others."""


@dataclass(frozen=True)
class Memory:
    """Main memory; `limit_mib` is the control group's, where it is less than the machine's."""

    total_mib: int
    available_mib: int
    limit_mib: int | None
    swap_total_mib: int
    swap_used_mib: int
    swappiness: int


@dataclass(frozen=True)
class Disk:
    """The file system on which a folder lies or will lie."""

    path: str
    free_mib: int
    inodes_free: int | None
    """None where the file system has no fixed number of them."""
    read_only: bool


@dataclass(frozen=True)
class Disks:
    """Where the agent is installed, where its store is, and the shared memory that audio goes through."""

    prefix: Disk
    store: Disk
    shm: Disk


@dataclass(frozen=True)
class System:
    """The operating system and who asks."""

    kernel: str
    os_id: str
    os_version: str
    os_name: str
    is_root: bool
    encoding: str
    """What the terminal and file names are written in."""


@dataclass(frozen=True)
class Python:
    """The interpreter that the services will run on."""

    path: str
    version: str | None
    """None: there is none."""
    world_readable: bool


@dataclass(frozen=True)
class BusyPort:
    """A port that the agent wants and could not bind."""

    service: str
    """Which part of the agent wants it: sip, rtp, stt, llm, tts, orchestrator, supervisor."""
    address: str
    port: int
    transport: Literal["udp", "tcp"]
    problem: Literal["in use", "no such address", "not permitted", "other"]
    owner: str | None
    """Name of the program that holds it, where it may be seen."""
    pid: int | None
    ours: bool
    """Held by this very agent, which is running."""


@dataclass(frozen=True)
class Ports:
    """The outcome of binding each port for real."""

    tried: int
    busy: tuple[BusyPort, ...]


@dataclass(frozen=True)
class Docker:
    """Docker, as client and as engine."""

    client: str | None
    """Path of the program."""
    engine: str | None
    """Version of the engine that answered."""
    cgroup_version: str
    cgroup_driver: str
    problem: str
    """Why the engine did not answer; empty when it did or when nobody expects one."""


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA card."""

    index: int
    name: str
    uuid: str
    vram_mib: int
    vram_used_mib: int
    compute_capability: str


@dataclass(frozen=True)
class Gpus:
    """What NVML says, and what the PCI bus says besides."""

    state: Literal["usable", "none", "no driver", "mismatch", "error"]
    driver: str | None
    cards: tuple[Gpu, ...]
    on_bus: int
    """NVIDIA display devices that the kernel sees, whether or not a driver runs them."""
    problem: str


@dataclass(frozen=True)
class Asterisk:
    """The telephone exchange: installed, in the agent's store, or to be had."""

    installed: str | None
    """Version of the distribution's package."""
    in_store: str | None
    """Version in the root that an earlier deployment made."""
    candidate: str | None
    """Version that the distribution offers."""
    debootstrap: str | None
    """"installed" or the version that the distribution offers; it makes a root where there is no package."""


@dataclass(frozen=True)
class Packages:
    """The distribution's package system."""

    apt: bool
    locked_by: int | None
    """Pid of the process that holds the lock."""


@dataclass(frozen=True)
class Clock:
    """Whether the kernel's clock is disciplined by a time server."""

    synchronised: bool


@dataclass(frozen=True)
class Limits:
    """What the kernel allows one process."""

    nofile_soft: int
    nofile_hard: int


@dataclass(frozen=True)
class PortSpan:
    """Ports from the first to the last."""

    first: int
    last: int


@dataclass(frozen=True)
class Network:
    """Kernel settings that decide whether audio gets through."""

    rmem_max: int | None
    wmem_max: int | None
    """Bytes, both; None where a container hides them."""
    local_port_first: int
    local_port_last: int
    reserved_ports: tuple[PortSpan, ...]
    """What the kernel does not hand out."""
    sip_modules: tuple[str, ...]
    """Loaded kernel modules that rewrite SIP."""


@dataclass(frozen=True)
class ModelSources:
    """Where a model could come from."""

    hub_reachable: bool
    hub_problem: str
    in_store: tuple[str, ...]
    """Catalogue ids that earlier deployments or the operator put in place; sorted."""


@dataclass(frozen=True)
class SecretFile:
    """One file with a password in it."""

    path: str
    mode: int
    owner_uid: int


@dataclass(frozen=True)
class Secrets:
    """Password files of an earlier deployment, and the configuration file in use."""

    files: tuple[SecretFile, ...]


@dataclass(frozen=True)
class Facts:
    """A machine."""

    cpu: Cpu | Unknown
    memory: Memory | Unknown
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

    def to_dict(self) -> dict[str, object]:
        """The facts as a document."""
        return {"schema": SCHEMA, **to_plain(self)}


def facts_from_dict(document: dict[str, object]) -> Facts:
    """Facts from their document.

    Raises:
        DocumentError: it is no such document; the text names the place.
    """
    body = {key: value for key, value in document.items() if key != "schema"}
    if document.get("schema") != SCHEMA:
        raise DocumentError(f"not a {SCHEMA} document")
    facts = from_plain(Facts, body, "facts")
    assert isinstance(facts, Facts)  # noqa: S101 - narrows the type; from_plain made it
    return facts
