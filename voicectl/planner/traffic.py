"""What callers do: the assumptions that every capacity is reckoned with (facts/performance.md 3)."""

from typing import Final

TURN_EVERY_S: Final = 10.0
"""A caller's turn begins this often."""
REPLY_TOKENS: Final = 40
NEW_PROMPT_TOKENS: Final = 40
"""What a turn adds to a prompt whose beginning is cached."""
UNCACHED_PROMPT_TOKENS: Final = 500
"""What is read again where a cache was lost: the case that a capacity must hold for."""
FIRST_CLAUSE_TOKENS: Final = 8
SPOKEN_WORDS_TOKENS: Final = 20
"""Of one turn of the caller."""
MODEL_SHARE: Final = 0.2
"""Turns that the script leaves to the language model, where there is both."""
MOST_BUSY: Final = 0.7
"""Beyond this share of its time an engine keeps callers waiting in a queue."""
