"""The lines that the operator asked for, of all services in the order of time."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from voicectl.errors import UsageError
from voicectl.logs.follow import Follower
from voicectl.logs.log_line import LEVELS, LogLine

_LONG_AGO: Final = datetime.fromtimestamp(0, UTC)
POLL_S: Final = 0.25


@dataclass(frozen=True)
class Wanted:
    """What the operator asked for."""

    level: str = "DEBUG"
    call: str | None = None

    def __post_init__(self) -> None:
        """Refuse a level that there is not.

        Raises:
            UsageError: with the levels that there are.
        """
        if self.level not in LEVELS:
            raise UsageError("E102", "--level", f"no such level ({self.level})", fix=f"use one of: {', '.join(LEVELS)}")

    def takes(self, line: LogLine) -> bool:
        """True for a line that is wanted."""
        return line.weight >= LEVELS[self.level] and (self.call is None or line.call == self.call)


def past(followers: Iterable[Follower], wanted: Wanted, *, most: int) -> Iterable[LogLine]:
    """The last lines that were written, oldest first; all of them where `most` is 0."""
    streams = [_in_time(follower.step()) for follower in followers]
    merged = (line for _, line in heapq.merge(*streams, key=lambda stamped: stamped[0]))
    chosen = (line for line in merged if wanted.takes(line))
    return deque(chosen, maxlen=most) if most else chosen


def future(followers: list[Follower], wanted: Wanted, wait: Callable[[float], None]) -> Iterator[LogLine]:
    """Lines as they are written, until Ctrl-C."""
    while True:
        for follower in followers:
            yield from (line for line in follower.step() if wanted.takes(line))
        wait(POLL_S)


def _in_time(lines: Iterable[LogLine]) -> Iterator[tuple[datetime, LogLine]]:
    """Each line with a time that never goes back, so that merging keeps every file's own order."""
    latest = _LONG_AGO
    for line in lines:
        latest = max(latest, line.at or latest)
        yield latest, line
