"""All calls that are live: who may come in, and how they all go home."""

import asyncio
import logging
from typing import Final

from voicectl_runtime.orchestrator.call import Call, Office, new_call_id, who_calls
from voicectl_runtime.orchestrator.door import Visit
from voicectl_runtime.orchestrator.record import CallRecord

_log: Final = logging.getLogger(__name__)

FAREWELL_S: Final = 8.0
"""A goodbye takes about two seconds; supervisord kills after ten."""


class Switchboard:
    """Takes visits from the door and gives each a task of its own."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._calls: dict[asyncio.Task[None], Call] = {}
        self._noting: set[asyncio.Task[None]] = set()

    @property
    def live(self) -> int:
        """How many calls there are."""
        return len(self._calls)

    def bridges(self) -> set[int]:
        """The processes that belong to live calls."""
        return {call.pid for call in self._calls.values()}

    def welcome(self, visit: Visit) -> None:
        """Take a call; one too many fails at once, and the dialplan apologises and transfers."""
        if self.live >= self._office.settings.calls.most or not visit.accept():
            _log.warning("call_turned_away", extra={"live": self.live})
            visit.close()
            self._note_busy(visit)
            return
        call = Call(visit, self._office)
        task = asyncio.create_task(call.run(), name=call.call_id)
        self._calls[task] = call
        task.add_done_callback(self._calls.pop)

    def _note_busy(self, visit: Visit) -> None:
        """A call that found no room has a row as well."""
        row = CallRecord(self._office.record, new_call_id())
        noting = asyncio.create_task(self._write_busy(row, visit))
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)

    async def _write_busy(self, row: CallRecord, visit: Visit) -> None:
        await row.begin(*who_calls(visit.environment))
        await row.end("busy", None, 0.0, None)

    async def send_home(self) -> None:
        """End every call with a goodbye, within a deadline."""
        for call in self._calls.values():
            call.take_leave()
        if self._calls:
            _, late = await asyncio.wait(set(self._calls), timeout=FAREWELL_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
