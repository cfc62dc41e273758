"""The tools of one agent, and how often a call may use them."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp

from voicectl_runtime.orchestrator.tools.collect_digits import CollectDigits
from voicectl_runtime.orchestrator.tools.end_call import EndCall
from voicectl_runtime.orchestrator.tools.look_up import LookUp
from voicectl_runtime.orchestrator.tools.tool import RefusedError, Result, Tool
from voicectl_runtime.orchestrator.tools.transfer import Transfer
from voicectl_runtime.orchestrator.tools.wanted import ToolCall
from voicectl_runtime.settings import LookUp as LookUpSettings
from voicectl_runtime.settings import Person

_log: Final = logging.getLogger(__name__)

MOST_OF_A_TURN: Final = 3
MOST_OF_A_CALL: Final = 10


class Toolbox:
    """One call's; what is not in it cannot be had, whatever a model writes."""

    def __init__(self, tools: Sequence[Tool] = (), *, may_transfer: bool = True) -> None:
        """`may_transfer` is off after a transfer that found nobody: one of a call is enough."""
        self._tools = {tool.name: tool for tool in tools if may_transfer or tool.name != Transfer.name}
        self._used = 0

    def takes_time(self, call: ToolCall) -> bool:
        """Whether the caller should be asked for a moment."""
        tool = self._tools.get(call.name)
        return tool is not None and tool.takes_time

    async def use(self, call: ToolCall) -> Result | None:
        """What came of it; None where the call is not allowed, which is logged and otherwise ignored."""
        self._used += 1
        try:
            result = await self._tool(call.name).use(call.arguments)
        except RefusedError as error:
            known = call.name if call.name in self._tools else "unknown"
            _log.warning("tool_refused", extra={"tool": known, "why": str(error)})
            return None
        _log.info("tool_used", extra={"tool": call.name})
        return result

    def _tool(self, name: str) -> Tool:
        if self._used > MOST_OF_A_CALL:
            raise RefusedError("too many in this call")
        if name not in self._tools:
            raise RefusedError("there is no such tool")
        return self._tools[name]


def tools_of(
    people: Sequence[Person], look_ups: Sequence[LookUpSettings], session: aiohttp.ClientSession
) -> tuple[Tool, ...]:
    """All that the configuration allows."""
    transfer = (Transfer(people),) if people else ()
    return (*transfer, EndCall(), CollectDigits(), *(LookUp(settings, session) for settings in look_ups))


def definitions_of(tools: Sequence[Tool]) -> list[Mapping[str, Any]]:
    """For the fixed part of every request to the model."""
    return [tool.definition for tool in tools]
