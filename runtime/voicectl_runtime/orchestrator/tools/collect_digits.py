"""Lets the caller type a number on the keys of their telephone."""

from collections.abc import Mapping
from typing import Any

from voicectl_runtime.orchestrator.tools.tool import RefusedError, Result, definition_of, ensure_only
from voicectl_runtime.orchestrator.wanted_digits import MOST_DIGITS, Wanted


class CollectDigits:
    """The question is the model's own words; what is typed is told to it alone, and it runs on this machine."""

    name = "collect_digits"
    takes_time = False

    @property
    def definition(self) -> Mapping[str, Any]:
        """When to use it."""
        most = {"type": "integer", "minimum": 1, "maximum": MOST_DIGITS, "description": "How many digits at most."}
        purpose = "Ask the caller for a number, in your words, and let them type it on the keys of the telephone."
        return definition_of(self.name, purpose, {"most": most})

    async def use(self, arguments: Mapping[str, object]) -> Result:
        """After the agent's words, or as soon as a key is pressed."""
        ensure_only(arguments, {"most"})
        most = arguments["most"]
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MOST_DIGITS:
            raise RefusedError(f"not a count from 1 to {MOST_DIGITS}")
        return Result(then="collect", wanted=Wanted(most))


def told(digits: str) -> str:
    """What the model is told of what was typed."""
    return f"The caller typed {digits}." if digits else "The caller typed nothing."
