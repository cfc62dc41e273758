"""How far a figure can be trusted, and what the mission's seed claims beside it."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Basis = Literal["measured", "fitted", "table", "assumed"]
"""Measured here; a formula fitted to public measurements; a published figure; an assumption."""
BASES: Final[tuple[Basis, ...]] = get_args(Basis)


@dataclass(frozen=True)
class SeedClaim:
    """What the seed's tables say of a model, without a method: shown beside the plan's figures, never reckoned with."""

    accuracy_percent: int | None = None
    latency_ms: int | None = None
    vram_mib: int | None = None
    note: str = ""


def weakest(bases: tuple[Basis, ...]) -> Basis:
    """A sum is as good as its weakest part."""
    return max(bases, key=BASES.index)
