"""GPUs, from `gpus.toml`: for hardware that one does not own."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Slice:
    """A share of a card that MIG makes: memory and compute of its own."""

    profile: str
    vram_mib: int
    share: float
    """Of the whole card's bandwidth and compute."""
    most: int
    """How many of them one card gives."""


@dataclass(frozen=True)
class SeedGpu:
    """What the seed's table says of this card."""

    stt_ms: int
    llm_ms: int
    tts_ms: int
    calls: int


@dataclass(frozen=True)
class CatalogueGpu:
    """One row."""

    id: str
    name: str
    vram_mib: int
    reserved_mib: int
    bandwidth_gb_s: float
    tflops_fp16: float
    """Dense, float32 accumulate."""
    compute_capability: str
    kind: Literal["consumer", "data centre"]
    watts: int
    price: int
    """Dollars."""
    source: str
    aliases: tuple[str, ...] = ()
    slice: tuple[Slice, ...] = ()
    seed: SeedGpu | None = None
