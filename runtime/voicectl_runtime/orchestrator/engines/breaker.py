"""A circuit breaker: an engine that keeps failing is left alone, and tried by one request every now and then."""

from collections import deque
from typing import Final

MOST_FAILURES: Final = 3
WITHIN_S: Final = 10.0
PROBE_EVERY_S: Final = 2.0


class CircuitBreaker:
    """Opens after three failures in a row within ten seconds; every time is given from outside, in seconds.

    A success closes it and forgets the failures: of a hundred calls, one slow answer in thirty is no dead engine.
    """

    def __init__(self) -> None:
        self._failed_s: deque[float] = deque(maxlen=MOST_FAILURES)
        self._rests_until_s: float | None = None

    def allows(self, now_s: float) -> bool:
        """Whether the engine may be asked; where it is open, this asking is the probe, and the next one waits."""
        if self._rests_until_s is None:
            return True
        if now_s < self._rests_until_s:
            return False
        self._rests_until_s = now_s + PROBE_EVERY_S
        return True

    def worked(self) -> None:
        """The engine answered."""
        self._failed_s.clear()
        self._rests_until_s = None

    def failed(self, now_s: float) -> None:
        """The engine was at fault."""
        self._failed_s.append(now_s)
        if len(self._failed_s) == MOST_FAILURES and now_s - self._failed_s[0] <= WITHIN_S:
            self._rests_until_s = now_s + PROBE_EVERY_S
