"""How many callers talk at a time; whoever comes later waits, and is let in first come, first served."""

import asyncio
from collections import deque
from typing import Final


class Room:
    """Places at the engines."""

    def __init__(self, places: int) -> None:
        self._places: Final = places
        self.taken = 0
        """How many talk."""
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether the next one would have to wait."""
        return self.taken >= self._places

    async def enter(self) -> None:
        """Take a place, once it is this caller's turn; cancelled, the turn goes to the next one."""
        if not self.is_full:
            self.taken += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # the place was given at the same moment
            else:
                self._waiting.remove(turn)
            raise

    def leave(self) -> None:
        """Give a place back: it is the next one's at once, so that nobody new can take it first."""
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self.taken -= 1
