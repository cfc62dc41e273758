"""What bounds the calls of a plan: one limit a resource, with the reason and what would lift it."""

from dataclasses import dataclass
from typing import Final, Literal

from voicectl.catalogue.provenance import Basis

Constraint = Literal["vram", "tts", "llm-tok/s", "prefill", "stt", "cpu", "ram", "rtp ports", "network"]
MOST_CALLS: Final = 1000
"""`calls.most` allows no more, so no limit is looked for beyond it."""


@dataclass(frozen=True)
class Calls:
    """Calls at the same time."""

    asked: int
    max: int
    """That this plan carries."""


@dataclass(frozen=True)
class Limit:
    """One resource."""

    constraint: Constraint
    calls: int
    """The most calls that it carries; MOST_CALLS where it does not bind."""
    why: str
    lift: str
    """What would raise it."""
    basis: Basis


def share_limit(share_of_a_call: float, most: float = 1.0) -> int:
    """How many calls fit where each takes that share of something."""
    if share_of_a_call <= 0:
        return MOST_CALLS
    return max(0, min(MOST_CALLS, int(round(most / share_of_a_call, 6))))


def in_order(limits: tuple[Limit, ...]) -> tuple[Limit, ...]:
    """The tightest first."""
    return tuple(sorted(limits, key=lambda limit: limit.calls))
