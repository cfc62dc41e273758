"""What a phase tells whoever watches; the phases themselves never print."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final, Protocol

HEARTBEAT_S: Final = 10.0


class Reporter(Protocol):
    """A screen, or a test that takes notes."""

    def phase(self, title: str) -> None:
        """A step of the deployment begins."""

    def say(self, message: str) -> None:
        """Something happened that the operator should know."""

    def progress(self, what: str, done_bytes: int, total_bytes: int) -> None:
        """A download went on; called for every piece that arrives."""

    def ensure_somebody_is_there(self) -> None:
        """Refuse what would end in a question.

        Raises:
            UsageError: E107, there is nobody to ask.
        """

    def confirm(self, question: str) -> bool:
        """Ask the operator.

        Raises:
            UsageError: E107, there is nobody to ask.
        """


class Awaited:
    """What the deployment waits for at this moment."""

    def __init__(self, what: str) -> None:
        """Begin with a first thing to wait for."""
        self.what = what


@contextmanager
def heartbeat(reporter: Reporter, what: str, every_s: float = HEARTBEAT_S) -> Iterator[Awaited]:
    """Say every ten seconds what is awaited, so that a slow step never looks like a dead one."""
    awaited, over = Awaited(what), Event()

    def beat() -> None:
        waited_s = 0.0
        while not over.wait(every_s):
            waited_s += every_s
            reporter.say(f"  {waited_s:.0f} s in: {awaited.what}")

    thread = Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield awaited
    finally:
        over.set()
        thread.join()
