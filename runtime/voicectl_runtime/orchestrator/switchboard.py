"""All calls that are live: who may come in, and how they all go home."""

import asyncio
import logging
from typing import Final

from voicectl_runtime.orchestrator.call import Call
from voicectl_runtime.orchestrator.door import Visit
from voicectl_runtime.orchestrator.office import Office

_log: Final = logging.getLogger(__name__)

FAREWELL_S: Final = 8.0
"""A goodbye takes about two seconds; supervisord kills after ten."""


class Switchboard:
    """Takes visits from the door and gives each a task of its own."""

    def __init__(self, office: Office) -> None:
        calls = office.settings.calls
        self._office = office
        self._most: Final = calls.most * 2 if calls.when_full == "queue" else calls.most
        """Of those who wait for a place there are at most as many as of those who have one."""
        self._calls: dict[asyncio.Task[None], Call] = {}

    @property
    def live(self) -> int:
        """How many calls there are."""
        return len(self._calls)

    def bridges(self) -> set[int]:
        """The processes that belong to live calls."""
        return {call.pid for call in self._calls.values()}

    def welcome(self, visit: Visit) -> None:
        """Take a call; the dialplan looks after one too many, and its call event becomes a row."""
        if self.live >= self._most or not visit.accept():
            _log.warning("call_turned_away", extra={"live": self.live})
            visit.close()
            return
        call = Call(visit, self._office)
        task = asyncio.create_task(call.run(), name=call.call_id)
        self._calls[task] = call
        task.add_done_callback(self._calls.pop)

    async def send_home(self) -> None:
        """End every call with a goodbye, within a deadline."""
        for call in self._calls.values():
            call.take_leave()
        if self._calls:
            _, late = await asyncio.wait(set(self._calls), timeout=FAREWELL_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
