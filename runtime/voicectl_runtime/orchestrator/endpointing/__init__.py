"""How long a silence must last to end a caller's turn: one policy a file, chosen by `turns.endpointing`."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Known:
    """What is known of a turn while its caller is silent; more of it with every look."""

    words: str = ""
    """Empty until they are recognised."""
    is_covered: bool = False
    """Whether the script answers them."""
    is_message: bool = False
    """Whether the caller was asked to dictate."""
    was_cut_off: bool = False
    """Whether this caller has gone on after a turn of theirs was committed, earlier in the call."""
    sounds_complete: float | None = None
    """Smart Turn's opinion of the voice, 0 to 1; None where it was not asked or has not answered yet."""


class Endpointing(Protocol):
    """Decides anew on each look, which comes every 32 ms of silence."""

    def stop_ms(self, known: Known) -> int:
        """How long the silence must last by now to end the turn, in milliseconds."""
