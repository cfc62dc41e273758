"""One file of the agent, as it must stand on the machine."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

Group = Literal["pbx", "engines", "root"]


@dataclass(frozen=True)
class Rendered:
    """A file's text, and who may read it."""

    text: str
    mode: int = 0o644
    group: Group = "root"
    """Who reads it: Asterisk and the orchestrator, the engines, or root alone. The owner is always root."""
    secret: bool = False
    """The text holds a password, which no diff may show."""

    @property
    def digest(self) -> str:
        """What tells two versions of the file apart."""
        return sha256(self.text.encode()).hexdigest()
