"""A caller who waits for a place: asked to hold, again and again, until it is their turn or has been too long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from voicectl_runtime.orchestrator.room import Room

AGAIN_S: Final = 15.0
"""Silence for longer than this sounds like a line that is dead."""


async def hold(room: Room, over: "asyncio.Future[Any]", ask: Callable[[], Awaitable[object]], longest_s: float) -> bool:
    """Whether the caller has a place now; False when they waited too long, or `over` says that they hung up."""
    loop, turn = asyncio.get_running_loop(), asyncio.ensure_future(room.enter())
    deadline_s = loop.time() + longest_s
    try:
        while not (turn.done() or over.done()) and (left_s := deadline_s - loop.time()) > 0:
            await ask()
            await asyncio.wait({turn, over}, timeout=min(AGAIN_S, left_s), return_when=asyncio.FIRST_COMPLETED)
    except BaseException:
        if await _has_place(turn):
            room.leave()
        raise
    return await _has_place(turn)


async def _has_place(turn: "asyncio.Future[None]") -> bool:
    turn.cancel()
    await asyncio.wait({turn})
    return not turn.cancelled()
