"""How long this orchestrator serves: until it is told to stop, or has retired and its last call is over."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

from voicectl_runtime.orchestrator.keeper import BEAT, TICK_S
from voicectl_runtime.orchestrator.presence import Presence

_log: Final = logging.getLogger(__name__)

LOOK_S: Final = 0.25


class Shift:
    """Orders from outside: `stop` now, or `retire` when a newer orchestrator takes the calls."""

    def __init__(self) -> None:
        """Listen to signals, and show the keeper that the event loop turns."""
        self.stop, self.retire, self.over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._end, self.stop)
        self._loop.add_signal_handler(signal.SIGUSR1, self._end, self.retire)
        if keeper := os.environ.get(BEAT):
            os.set_blocking(int(keeper), False)
            self._beat(int(keeper))

    def _end(self, order: asyncio.Event) -> None:
        order.set()
        self.over.set()

    def _beat(self, keeper: int) -> None:
        try:
            with suppress(BlockingIOError):  # the keeper stands still too
                os.write(keeper, b".")
        except BrokenPipeError:
            # The keeper was killed, and Supervisor starts another one with an orchestrator of its own.
            _log.error("keeper_gone")
            self._end(self.retire)
        else:
            self._loop.call_later(TICK_S, self._beat, keeper)


async def unless(order: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Whether the work was done before the order came; if not, it is cancelled."""
    working, ordered = asyncio.ensure_future(work), asyncio.ensure_future(order.wait())
    await asyncio.wait({working, ordered}, return_when=asyncio.FIRST_COMPLETED)
    ordered.cancel()
    if working.done():
        working.result()
        return not order.is_set()
    working.cancel()
    await asyncio.wait({working})
    return False


async def last_calls(presence: Presence, live: Callable[[], int], drain_s: float) -> None:
    """Return when a newer orchestrator has the door, and the calls that came here are over or the time is."""
    await _while(lambda: presence.has_the_door)
    _log.info("draining", extra={"live": live(), "deadline_s": drain_s})
    # A bridge may have found our door just before it moved: it is let in, and waited for like all others.
    with suppress(TimeoutError):
        async with asyncio.timeout(drain_s):
            await asyncio.sleep(LOOK_S)
            await _while(lambda: live() > 0)
    _log.info("drained", extra={"live": live()})


async def _while(holds: Callable[[], bool]) -> None:
    while holds():  # noqa: ASYNC110 - a link in a folder tells nobody that it was switched
        await asyncio.sleep(LOOK_S)
