"""Waiting in tests: looking again and again, up to a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")


def until(look: Callable[[], Seen | None], within_s: float, what: str, every_s: float = 0.01) -> Seen:
    """Look again and again until there is something to see, and fail when it takes too long."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        time.sleep(every_s)
    return seen


def until_moment(at_s: float) -> None:
    """Let time pass where that is the very thing under test."""
    time.sleep(max(0.0, at_s - time.monotonic()))
