"""A circuit breaker: an engine that keeps failing is left alone."""

from collections import deque
from typing import Final

MOST_FAILURES: Final = 3
WITHIN_S: Final = 10.0


class CircuitBreaker:
    """Opens after three failures in a row within ten seconds; every time is given from outside, in seconds.

    A success closes it and forgets the failures: of a hundred calls, one slow answer in thirty is no dead engine.
    """

    def __init__(self) -> None:
        self._failed_s: deque[float] = deque(maxlen=MOST_FAILURES)
        self.is_open = False
        """The engine is not to be asked."""

    def worked(self) -> None:
        """The engine answered."""
        self._failed_s.clear()
        self.is_open = False

    def failed(self, now_s: float) -> None:
        """The engine was at fault."""
        self._failed_s.append(now_s)
        if len(self._failed_s) == MOST_FAILURES and now_s - self._failed_s[0] <= WITHIN_S:
            self.is_open = True
