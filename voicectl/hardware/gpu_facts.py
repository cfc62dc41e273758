"""What is known about the NVIDIA cards of a machine."""

from dataclasses import dataclass
from typing import Literal

GpuKind = Literal["consumer", "workstation", "data centre", "virtual", "unknown"]
GpuState = Literal[
    "usable",
    "none",
    "no driver",
    "nouveau",
    "no library",
    "mismatch",
    "no permission",
    "wsl",
    "lost",
    "integrated",
    "error",
]
ComputeMode = Literal["default", "exclusive", "prohibited"]


@dataclass(frozen=True)
class GpuProcess:
    """A program that has memory on a card."""

    pid: int
    program: str | None
    """None: the process is another container's, and cannot be seen."""
    used_mib: int | None
    """None: the driver does not tell."""
    ours: bool
    """It belongs to this very agent."""


@dataclass(frozen=True)
class MigInstance:
    """A slice of a card that is partitioned by MIG; programs see it as a card of its own."""

    name: str
    uuid: str
    vram_mib: int
    vram_used_mib: int
    compute_slices: int | None


@dataclass(frozen=True)
class Ecc:
    """Error correction of the card's memory."""

    on: bool
    uncorrected: int
    """Errors since the driver was loaded that could not be corrected."""
    repair_pending: bool
    """Rows or pages are to be taken out of use at the next reset."""


@dataclass(frozen=True)
class Pcie:
    """The card's link to the machine; idle cards lower the generation, never the width."""

    generation: int
    generation_most: int
    width: int
    width_most: int


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA card. None is what this card or this driver does not tell."""

    index: int
    name: str
    uuid: str
    vram_mib: int
    """All of the card's memory."""
    vram_used_mib: int
    """Taken by programs; without the driver's reserve where the driver tells it apart."""
    compute_capability: str
    vram_reserved_mib: int = 0
    """The driver's own; no program gets it."""
    memory_clock_mhz: int | None = None
    """The highest."""
    bus_width_bits: int | None = None
    kind: GpuKind = "unknown"
    processes: tuple[GpuProcess, ...] = ()
    mig: bool = False
    instances: tuple[MigInstance, ...] = ()
    ecc: Ecc | None = None
    persistence: bool | None = None
    compute_mode: ComputeMode | None = None
    power_cap_w: int | None = None
    power_default_w: int | None = None
    throttled_by: tuple[str, ...] = ()
    """Why the clocks are lower than they could be, except that nothing is to do."""
    temperature_c: int | None = None
    pcie: Pcie | None = None
    numa_node: int | None = None

    @property
    def vram_free_mib(self) -> int:
        """What a program that starts now can get."""
        return self.vram_mib - self.vram_reserved_mib - self.vram_used_mib

    @property
    def bandwidth_gb_s(self) -> float | None:
        """Memory bandwidth in 10^9 bytes a second: two transfers a clock over the whole bus."""
        if self.memory_clock_mhz is None or self.bus_width_bits is None:
            return None
        return 2 * self.memory_clock_mhz * self.bus_width_bits / 8 / 1000


@dataclass(frozen=True)
class SilentGpu:
    """A card that the driver counts and that does not answer."""

    index: int
    problem: str


@dataclass(frozen=True)
class Gpus:
    """What NVML says, and what the kernel and the PCI bus say besides."""

    state: GpuState
    driver: str | None
    """Version of the driver's library."""
    cards: tuple[Gpu, ...]
    """Those that answer."""
    on_bus: int
    """NVIDIA display devices that the kernel sees, whether or not a driver runs them."""
    problem: str
    """Why there is no usable card; empty where there is one, and where nobody would expect one."""
    cuda: str | None = None
    """The newest CUDA that the driver can run."""
    silent: tuple[SilentGpu, ...] = ()
    xids: tuple[int, ...] | None = None
    """Errors that the driver wrote into the kernel's log, each number once; None where the log may not be read."""
    mps: bool = False
    """NVIDIA's Multi-Process Service runs, by which several programs compute on a card at the same time."""
