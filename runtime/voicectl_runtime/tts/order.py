"""Who is synthesised next: the first sentence of anybody before the second of anybody."""

import asyncio
import heapq
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TypeVar

Made = TypeVar("Made")


class Order:
    """One piece at a time on one thread: two at once would both be late."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="voice")
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = count()
        self._is_busy = False

    async def run(self, rank: int, work: Callable[[], Made]) -> Made:
        """Do the work when its turn comes; a low rank goes first, then who came first."""
        await self._turn(rank)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._pass_on()

    def close(self) -> None:
        """End the thread once the running piece is done."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _turn(self, rank: int) -> None:
        if not self._is_busy:
            self._is_busy = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._arrivals), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the turn had already come
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._is_busy = False
