"""Puts the caller through to one of the operator's people."""

from collections.abc import Mapping, Sequence
from typing import Any

from voicectl_runtime.orchestrator.tools.tool import RefusedError, Result, definition_of, ensure_only
from voicectl_runtime.settings import Person


class Transfer:
    """Knows people by the keys of the configuration; numbers stand in the dialplan alone, and no model learns them."""

    name = "transfer"
    takes_time = False

    def __init__(self, people: Sequence[Person]) -> None:
        self._people = {person.key: person.says for person in people}

    @property
    def definition(self) -> Mapping[str, Any]:
        """With everybody whom it reaches."""
        known = ", ".join(f"{key} ({says})" for key, says in self._people.items())
        to = {"type": "string", "enum": list(self._people), "description": f"One of: {known}"}
        return definition_of(self.name, "Put the caller through to a person. The call with you ends.", {"to": to})

    async def use(self, arguments: Mapping[str, object]) -> Result:
        """To a key, letter by letter."""
        ensure_only(arguments, {"to"})
        to = arguments["to"]
        if not isinstance(to, str) or to not in self._people:
            raise RefusedError("nobody has that key")
        return Result(then="transfer", person=to)
