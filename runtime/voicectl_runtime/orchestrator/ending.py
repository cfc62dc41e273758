"""How a call ended, and what the dialplan is to do next."""

from dataclasses import dataclass
from typing import Literal

EndedBy = Literal["caller", "agent", "transfer", "silence", "longest", "busy", "cancelled", "error"]


@dataclass(frozen=True)
class Ending:
    """How a call ended."""

    ended_by: EndedBy
    person: str = ""
