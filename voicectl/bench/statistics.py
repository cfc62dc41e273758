"""Percentiles of what was measured."""

from collections.abc import Mapping, Sequence
from math import floor


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which that many percent lie, between two neighbours in proportion (as NumPy does it)."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def percentile_of_counts(counts: Mapping[int, int], percent: float) -> int | None:
    """The smallest value that at least that many percent do not exceed; None where nothing was counted."""
    left = sum(counts.values()) * percent / 100
    for value, count in sorted(counts.items()):
        left -= count
        if left <= 0:
            return value
    return None


def summarise(values: Sequence[float]) -> dict[str, float | int | None]:
    """How many there are, and their p50, p95, p99 and maximum; nothing is made up for an empty list."""
    if not values:
        return {"n": 0, "p50": None, "p95": None, "p99": None, "max": None}
    found = {f"p{percent}": round(percentile(values, percent), 1) for percent in (50, 95, 99)}
    return {"n": len(values), **found, "max": round(max(values), 1)}
