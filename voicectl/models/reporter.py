"""What fetching tells whoever watches."""

from typing import Protocol


class Reporter(Protocol):
    """A screen, a log, or a test."""

    def say(self, message: str) -> None:
        """Something happened that the operator should know."""

    def progress(self, what: str, done_bytes: int, total_bytes: int) -> None:
        """A download went on; called for every piece that arrives."""
