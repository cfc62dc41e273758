"""Many callers at once, each with its own phase of the 20 ms clock."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.orchestrator.asterisk import AsteriskCall
from benchmarks.orchestrator.caller import FRAME_MS, Caller, Script, Turn
from benchmarks.orchestrator.pipecat_call import PipecatCall

SLOTS: Final = 40
"""Phases of 0.5 ms: frames come from as many clocks as there are callers."""
TAKES: Final[dict[str, type[AsteriskCall] | type[PipecatCall]]] = {"voicectl": AsteriskCall, "pipecat": PipecatCall}
SETTLES_S: Final = 4.0
"""A greeting is over by then."""


class Fleet:
    """The callers of one measurement."""

    def __init__(self, system: str, doors: Sequence[Path], calls: int, script: Script) -> None:
        """Dial as many calls, dealt out to the doors."""
        self._system, self._doors, self._count, self._script = system, doors, calls, script
        self.callers: list[Caller] = []
        self._slots: list[list[Caller]] = [[] for _ in range(SLOTS)]
        self.latest_ms = 0.0
        """How late this process itself was, at worst."""

    async def connect(self) -> None:
        """All calls stand; each will begin its round at another moment."""
        chance = random.Random(7)  # noqa: S311 - spread, not secrecy
        rounds = len(self._script.frames)
        for number in range(self._count):
            hears: list[Caller] = []
            call = TAKES[self._system](partial(_tell, hears))
            await call.connect(self._doors[number % len(self._doors)])
            wait = int(SETTLES_S * 1000 / FRAME_MS) + number * rounds // self._count
            caller = Caller(self._script, call, -wait)
            hears.append(caller)
            self.callers.append(caller)
            self._slots[chance.randrange(SLOTS)].append(caller)

    async def talk(self, seconds: float, *, after_s: float, on_start: Callable[[], None]) -> list[Turn]:
        """Talk; returns the turns that were asked in the last `seconds` of it and had time to be answered."""
        began_s = time.monotonic()
        start_s, end_s = began_s + after_s, began_s + after_s + seconds
        tick = 0
        is_measuring = False
        while (now_s := time.monotonic()) < end_s + 2:
            if not is_measuring and now_s >= start_s:
                is_measuring = True
                on_start()
            due_s = began_s + tick * FRAME_MS / 1000 / SLOTS
            if due_s > now_s:
                await asyncio.sleep(due_s - now_s)
            else:
                self.latest_ms = max(self.latest_ms, (now_s - due_s) * 1000)
                await asyncio.sleep(0)
            for caller in self._slots[tick % SLOTS]:
                caller.speak()
            tick += 1
        return [turn for caller in self.callers for turn in caller.turns if start_s <= turn.asked_s < end_s]

    def hang_up(self) -> None:
        """All of them."""
        for caller in self.callers:
            caller.agent.close()


def _tell(hears: Sequence[Caller], at_s: float) -> None:
    """The call stands before its caller does."""
    hears[0].heard(at_s)
