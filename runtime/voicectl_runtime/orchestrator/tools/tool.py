"""What every tool is: a name, what the model is told of it, and what it does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from voicectl_runtime.orchestrator.wanted_digits import Wanted


class RefusedError(Exception):
    """The call is not one that this tool allows; nothing was done. The reason repeats no word of the model's."""


@dataclass(frozen=True)
class Result:
    """What came of a call."""

    told: str = ""
    """For the model, which then goes on; empty where it has said all."""
    then: Literal["listen", "goodbye", "transfer", "collect"] = "listen"
    """What follows when the agent has said its words."""
    person: str = ""
    """Whom `transfer` reaches."""
    wanted: Wanted | None = None
    """What `collect` asks for."""


class Tool(Protocol):
    """Something that the model may ask for."""

    name: str
    takes_time: bool
    """Whether the caller is asked for a moment."""

    @property
    def definition(self) -> Mapping[str, Any]:
        """What the model is told: the same in every request."""

    async def use(self, arguments: Mapping[str, object]) -> Result:
        """Check the arguments as strictly as a stranger's, and do it.

        Raises:
            RefusedError: the arguments are not allowed, or it did not work.
        """


def definition_of(name: str, purpose: str, properties: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """A tool as Ollama's `/api/chat` takes it; every property is needed."""
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "description": purpose, "parameters": parameters}}


def ensure_only(arguments: Mapping[str, object], names: set[str]) -> None:
    """Refuse arguments that are missing or unknown.

    Raises:
        RefusedError: their names are not exactly these.
    """
    if set(arguments) != names:
        raise RefusedError(f"other arguments than {sorted(names)}")
