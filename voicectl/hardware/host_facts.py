"""What is known about processor, memory, disks and the system that runs on them."""

from dataclasses import dataclass
from typing import Literal

DiskKind = Literal["nvme", "ssd", "hdd", "memory", "network", "unknown"]


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
    physical_cores: int | None = None
    """Of the whole machine: two threads of one core do not compute twice as much. None where it does not tell."""
    governor: str | None = None
    """How the kernel chooses the clock; None where the processor or the hypervisor does."""


@dataclass(frozen=True)
class Memory:
    """Main memory; `limit_mib` is the control group's, where it is less than the machine's."""

    total_mib: int
    available_mib: int
    limit_mib: int | None
    swap_total_mib: int
    swap_used_mib: int
    swappiness: int
    overcommit: int | None = None
    """How the kernel promises memory: 0 by a guess, 1 always, 2 never more than there is."""
    map_count: int | None = None
    """Pieces that one program's memory may be in."""


@dataclass(frozen=True)
class NumaNode:
    """Cores with memory of their own; reaching over to another node's is slower."""

    number: int
    cpus: str
    """In the kernel's notation, such as 0-7,16-23."""
    memory_mib: int


@dataclass(frozen=True)
class Numa:
    """The nodes; one, or none that the kernel names, on most machines."""

    nodes: tuple[NumaNode, ...]


@dataclass(frozen=True)
class Disk:
    """The file system on which a folder lies or will lie."""

    path: str
    free_mib: int
    inodes_free: int | None
    """None where the file system has no fixed number of them."""
    read_only: bool
    kind: DiskKind = "unknown"
    """A virtual disk says "ssd" or "hdd" as its hypervisor chose to."""
    file_system: str = ""
    read_mb_s: int | None = None
    """Measured on a model that lies there, past the page cache; None where nobody asked, or none is there."""


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
    control_groups: Literal[1, 2] | None = None
    container: str = ""
    """Which kind of container this is, "wsl" among them; empty on a machine of its own."""
    huge_pages: str | None = None
    """When the kernel uses transparent huge pages: always, madvise or never."""
    kernel_settable: bool = True
    """Whether root may change the kernel's settings from here; in most containers only their host may."""


@dataclass(frozen=True)
class Python:
    """The interpreter that the services will run on."""

    path: str
    version: str | None
    """None: there is none."""
    world_readable: bool


@dataclass(frozen=True)
class Clock:
    """Whether the kernel's clock is disciplined by a time server."""

    synchronised: bool
    error_ms: float | None = None
    """How far it may be off at most, as the time daemon reckons."""
    offset_ms: float | None = None
    """How far the kernel is still putting it right."""


@dataclass(frozen=True)
class Limits:
    """What the kernel allows one process; -1 is no limit."""

    nofile_soft: int
    nofile_hard: int
    processes_hard: int = -1
    memlock_hard_bytes: int = -1
