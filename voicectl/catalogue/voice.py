"""Voices, from `voices.toml`."""

from dataclasses import dataclass
from typing import Literal

from voicectl.catalogue.provenance import Basis, SeedClaim


@dataclass(frozen=True)
class Voice:
    """One row."""

    id: str
    title: str
    engine: str
    precision: str
    device: Literal["cpu", "cuda"]
    ram_mib: int
    """Of one process."""
    real_time_factor: float
    first_sound_ms: float
    basis: Basis
    """Of the two above."""
    quality: int
    languages: tuple[str, ...]
    licence: str
    """Of the weights."""
    engine_licence: str
    source: str
    ram_basis: Basis = "assumed"
    worker_mib: int = 0
    """Video memory of one process at its peak, without its CUDA context; 0 on a processor."""
    worker_low_mib: int = 0
    exclusive: bool = False
    """One process speaks to one caller at a time."""
    deployable: bool = False
    seed: SeedClaim | None = None
