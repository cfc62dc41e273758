"""The beat of the telephone: one tick every 20 ms on an absolute schedule, for all calls of the phone at once."""

import asyncio
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PERIOD_S: Final = 0.02
SAMPLES: Final = 160


class Schedule:
    """Says which ticks are due; a late look never shifts the ticks that follow."""

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s
        self._taken = 0

    @property
    def next_s(self) -> float:
        """When the next tick is due; counted from the start, so that rounding never adds up."""
        return self._start_s + self._taken * PERIOD_S

    def take(self, now_s: float) -> int:
        """How many ticks have come due since the last look."""
        due = 0
        while self.next_s <= now_s:
            self._taken += 1
            due += 1
        return due


class Beat:
    """Runs one schedule and calls everybody who joined."""

    def __init__(self) -> None:
        self.joined: set[Callable[[], None]] = set()
        self.latest_ms = 0.0
        """How late the worst tick was: above a few milliseconds this machine is too busy to measure."""

    async def run(self) -> None:
        """Beat until cancelled."""
        schedule = Schedule(time.monotonic())
        while True:
            await asyncio.sleep(schedule.next_s - time.monotonic())
            now_s = time.monotonic()
            self.latest_ms = max(self.latest_ms, (now_s - schedule.next_s) * 1000)
            for _ in range(schedule.take(now_s)):
                for tick in tuple(self.joined):
                    tick()
