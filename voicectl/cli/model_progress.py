"""A download as the operator sees it: a bar on a terminal, a line now and then everywhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from voicectl.console import Screen, is_interactive
from voicectl.models.reporter import Reporter

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_HEARTBEAT_S: Final = 5.0
_MB: Final = 1_000_000


@contextmanager
def watching(screen: Screen) -> Iterator[Reporter]:
    """Whoever tells the operator, for as long as models are fetched."""
    if not is_interactive():
        yield Heartbeat(screen.say)
        return
    from rich.console import Console  # noqa: PLC0415 - Rich costs 60 ms, which `--help` does not have
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True, highlight=False)) as progress:
        yield Bars(progress)


@dataclass
class Heartbeat:
    """Says now and then how far a download is, so that a log shows that it lives."""

    say: Callable[[str], None]
    now: Callable[[], float] = time.monotonic
    last_s: float = field(default=float("-inf"), init=False)

    def progress(self, what: str, done_bytes: int, total_bytes: int) -> None:
        """A line at the first piece, at the last one, and every five seconds between."""
        if done_bytes == total_bytes or self.now() - self.last_s >= _HEARTBEAT_S:
            self.last_s = self.now()
            self.say(f"{what}: {done_bytes / _MB:.0f} of {total_bytes / _MB:.0f} MB")


@dataclass
class Bars:
    """One bar a download, and what is said above them."""

    bars: "Progress"
    tasks: "dict[str, TaskID]" = field(default_factory=dict, init=False)

    def say(self, message: str) -> None:
        """A line that stays."""
        self.bars.console.print(message, markup=False)

    def progress(self, what: str, done_bytes: int, total_bytes: int) -> None:
        """Draw how far this download is."""
        if what not in self.tasks:
            self.tasks[what] = self.bars.add_task(what, total=total_bytes)
        self.bars.update(self.tasks[what], completed=done_bytes)
