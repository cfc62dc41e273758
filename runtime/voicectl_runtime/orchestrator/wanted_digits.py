"""What a caller is asked to type on the keys of their telephone."""

from dataclasses import dataclass
from typing import Final

MOST_DIGITS: Final = 20
"""A card's number has 19."""


@dataclass(frozen=True)
class Wanted:
    """What the caller is asked to type."""

    most: int
    answer_id: str = ""
    """The script's answer that asked; empty where a language model did."""
    look_up: str = ""
    """Which look-up is asked with the digits; without one the record keeps them."""
