"""The way that a caller's packets take to the agent: it loses some, and delays each by another time."""

import heapq
import math
import random
from collections.abc import Iterator


class Network:
    """The same packets are lost and late each time."""

    def __init__(self, *, lost: float = 0.0, jitter_s: float = 0.0) -> None:
        """`lost`: of all packets, 0 to 1; `jitter_s`: the most that one of them is late."""
        self._lost, self._jitter_s = lost, jitter_s
        self._random = random.Random(7)  # noqa: S311 - a network, not a secret
        self._under_way: list[tuple[float, bytes]] = []

    @property
    def next_s(self) -> float:
        """When the next packet arrives."""
        return self._under_way[0][0] if self._under_way else math.inf

    def send(self, datagram: bytes, now_s: float) -> None:
        """It arrives some time, or never."""
        if self._random.random() >= self._lost:
            heapq.heappush(self._under_way, (now_s + self._random.uniform(0.0, self._jitter_s), datagram))

    def arrived(self, now_s: float) -> Iterator[bytes]:
        """All that have arrived by now, in the order of their arrival."""
        while self.next_s <= now_s:
            yield heapq.heappop(self._under_way)[1]
