"""Ends the call when everything is said."""

from collections.abc import Mapping
from typing import Any

from voicectl_runtime.orchestrator.tools.tool import Result, definition_of


class EndCall:
    """Needs no arguments; what a model gives is not looked at."""

    name = "end_call"
    takes_time = False

    @property
    def definition(self) -> Mapping[str, Any]:
        """When to use it."""
        return definition_of(self.name, "End the call after your last words, when the caller has said goodbye.", {})

    async def use(self, arguments: Mapping[str, object]) -> Result:
        """After the agent's words."""
        del arguments
        return Result(then="goodbye")
