"""How a call ended, and what the dialplan is to do next."""

from dataclasses import dataclass
from typing import Literal

from voicectl_runtime.orchestrator.dialogue import Reply

EndedBy = Literal["caller", "agent", "transfer", "silence", "longest", "busy", "cancelled", "error"]


@dataclass(frozen=True)
class Ending:
    """How a call ended."""

    ended_by: EndedBy
    person: str = ""


def ending_after(reply: Reply) -> Ending | None:
    """What ends the call when this was heard as a whole; None where the call goes on."""
    if "goodbye" in (reply.then, reply.wish.then):
        return Ending("error" if reply.source == "fallback" else "agent")
    if "transfer" in (reply.then, reply.wish.then):
        return Ending("transfer", reply.person or reply.wish.person)
    return None
