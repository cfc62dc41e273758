"""How a rule says no: without knowing in which file and line the value stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from voicectl.config.lines import KeyPath

LONGEST_SHOWN: Final = 60


class RefusedError(Exception):
    """A value that cannot stay; the loader adds the file, the line and the key."""

    def __init__(
        self, code: str, problem: str, *, fix: str, at: KeyPath = (), because_of: tuple[KeyPath, ...] = ()
    ) -> None:
        """Keep what the loader needs.

        Args:
            code: `E2xx` of the bad-input table.
            problem: what is wrong, with the value.
            fix: the edit to make.
            at: the path of the key to change; a rule for one value does not know it.
            because_of: the other keys of a contradiction; the line is theirs where the file does not name `at`.
        """
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.fix = fix
        self.at = at
        self.because_of = because_of


def shown(value: object) -> str:
    """A value in one line of plain ASCII, cut where it is long: hostile text must not reach the terminal as it is."""
    text = ascii(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


@contextmanager
def refused_at(at: KeyPath) -> Iterator[None]:
    """Add the key to what a rule for one value refuses."""
    try:
        yield
    except RefusedError as refused:
        raise RefusedError(refused.code, refused.problem, fix=refused.fix, at=at) from refused
