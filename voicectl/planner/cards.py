"""The devices that engines can be put on: whole cards, or the slices that MIG has made of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from voicectl.catalogue.gpu import CatalogueGpu, SeedGpu
from voicectl.catalogue.gpu_names import find_gpu, find_host_of
from voicectl.hardware.facts import Cpu, Facts, Gpu, Gpus, Memory, Unknown

if TYPE_CHECKING:
    from voicectl.catalogue.provenance import Basis

LEAST_CAPABILITY: Final = (7, 0)
"""From Volta on CTranslate2 computes in half precision."""
_UNKNOWN_BANDWIDTH_GB_S: Final = 300.0
"""The slowest card of the catalogue."""
_TFLOPS_A_GB_S: Final = 0.07
"""The least compute beside a bandwidth among the catalogue's cards."""
_SEED_CORES: Final = 8
_SEED_RAM_MIB: Final = 32 * 1024
"""The seed's advice; with several cards 64 GiB."""
_LONGEST_NAME: Final = 96
"""NVML's own limit."""
_MIG_SLICES: Final = 7
"""That a card can be cut into."""


@dataclass(frozen=True)
class Card:
    """A card as planning sees it."""

    name: str
    uuid: str
    total_mib: int
    reserved_mib: int
    """The driver's own share, which no program gets."""
    foreign_mib: int
    """What programs that are not this agent's hold."""
    bandwidth_gb_s: float
    bandwidth_basis: "Basis"
    tflops_fp16: float
    compute_capability: str
    seed: SeedGpu | None = None
    is_slice: bool = False
    """Of a card divided by MIG: a process sees one slice and no other card."""
    is_virtual: bool = False
    """Shared with other machines (vGPU)."""

    @property
    def free_mib(self) -> int:
        """What the agent's engines may take."""
        return self.total_mib - self.reserved_mib - self.foreign_mib


def cards_of(facts: Facts, gpus: Mapping[str, CatalogueGpu]) -> tuple[Card, ...]:
    """The usable devices, the one with the most free memory first; slices instead of a card that is sliced."""
    if isinstance(facts.gpus, Unknown) or facts.gpus.state != "usable":
        return ()
    found = [card for gpu in facts.gpus.cards if is_capable(gpu.compute_capability) for card in _devices(gpu, gpus)]
    return tuple(sorted(found, key=lambda card: (-card.free_mib, -card.bandwidth_gb_s, card.uuid)))


def is_capable(capability: str) -> bool:
    """Whether the engines run on a card of that compute capability; one that does not tell may try."""
    major, _, minor = capability.partition(".")
    return not (major.isdecimal() and minor.isdecimal()) or (int(major), int(minor)) >= LEAST_CAPABILITY


def imagine(facts: Facts, row: CatalogueGpu, count: int) -> Facts:
    """The same machine with other cards in it."""
    cards = tuple(
        Gpu(
            index=index,
            name=row.name,
            uuid=f"GPU-{row.id}-{index}",
            vram_mib=row.vram_mib,
            vram_used_mib=0,
            vram_reserved_mib=row.reserved_mib,
            compute_capability=row.compute_capability,
        )
        for index in range(count)
    )
    return replace(facts, gpus=Gpus(state="usable", driver=None, cards=cards, on_bus=count, problem=""))


def around_cards(facts: Facts) -> Facts:
    """Cards that nobody owns are in a machine that nobody owns: at least the one that the seed advises."""
    cpu, memory, cards = facts.cpu, facts.memory, 0 if isinstance(facts.gpus, Unknown) else len(facts.gpus.cards)
    least_mib = _SEED_RAM_MIB * min(cards, 2)
    if isinstance(cpu, Unknown):
        cpu = Cpu("not known", "x86_64", 1, flags=(), virtualised=False, steal_percent=0.0)
    if isinstance(memory, Unknown):
        memory = Memory(least_mib, least_mib, None, swap_total_mib=0, swap_used_mib=0, swappiness=0)
    return replace(
        facts,
        cpu=replace(cpu, cores=max(cpu.cores, _SEED_CORES)),
        memory=replace(memory, total_mib=max(memory.total_mib, least_mib), limit_mib=None),
    )


def _devices(gpu: Gpu, gpus: Mapping[str, CatalogueGpu]) -> Iterator[Card]:
    row = find_gpu(gpu.name, gpus) or find_host_of(gpu.name, gpus)
    bandwidth, basis = _bandwidth(gpu, row)
    whole = Card(
        name=_printable(gpu.name) or f"GPU {gpu.index}",
        uuid=_printable(gpu.uuid),
        total_mib=gpu.vram_mib,
        reserved_mib=gpu.vram_reserved_mib,
        foreign_mib=_foreign_mib(gpu),
        bandwidth_gb_s=bandwidth,
        bandwidth_basis=basis,
        tflops_fp16=row.tflops_fp16 if row else bandwidth * _TFLOPS_A_GB_S,
        compute_capability=gpu.compute_capability,
        seed=row.seed if row else None,
        is_virtual=gpu.kind == "virtual",
    )
    if not gpu.mig:
        yield whole
    for part in gpu.instances:
        share = max(1, part.compute_slices or 1) / _MIG_SLICES
        yield replace(
            whole,
            name=_printable(part.name),
            uuid=_printable(part.uuid),
            total_mib=part.vram_mib,
            reserved_mib=0,
            foreign_mib=max(0, part.vram_used_mib),
            bandwidth_gb_s=bandwidth * share,
            tflops_fp16=whole.tflops_fp16 * share,
            seed=None,
            is_slice=True,
        )


def _foreign_mib(gpu: Gpu) -> int:
    """Others' memory: that of a running agent is not theirs, even where the driver (in WSL) does not tell how much."""
    ours = [one.used_mib for one in gpu.processes if one.ours]
    if None in ours:
        return sum(one.used_mib or 0 for one in gpu.processes if not one.ours)
    return max(0, gpu.vram_used_mib - sum(mib or 0 for mib in ours))


def _printable(text: str) -> str:
    """A driver, or a file of facts from a stranger, says it: it must neither steer the terminal nor fill it."""
    return "".join(one if one.isprintable() else "?" for one in text[:_LONGEST_NAME])


def _bandwidth(gpu: Gpu, row: CatalogueGpu | None) -> "tuple[float, Basis]":
    """What the card says of itself; the table's where it says nothing."""
    told = gpu.bandwidth_gb_s
    if told is not None and told > 0:
        return told, "measured"
    return (row.bandwidth_gb_s, "table") if row else (_UNKNOWN_BANDWIDTH_GB_S, "assumed")
