"""Percentiles of what was measured."""

from collections.abc import Sequence
from math import floor


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which that many percent lie, between two neighbours in proportion (as NumPy does it)."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def summarise(values: Sequence[float]) -> dict[str, float | int | None]:
    """How many there are, and their p50, p95, p99 and maximum; nothing is made up for an empty list."""
    if not values:
        return {"n": 0, "p50": None, "p95": None, "p99": None, "max": None}
    found = {f"p{percent}": round(percentile(values, percent), 1) for percent in (50, 95, 99)}
    return {"n": len(values), **found, "max": round(max(values), 1)}
