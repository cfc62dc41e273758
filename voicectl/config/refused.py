"""How a rule says no: without knowing in which file and line the value stands."""

from typing import Final

LONGEST_SHOWN: Final = 60


class RefusedError(Exception):
    """A value that cannot stay; the loader adds the file, the line and the key."""

    def __init__(self, code: str, problem: str, *, fix: str, at: tuple[str, ...] = ()) -> None:
        """Keep what the loader needs.

        Args:
            code: `E2xx` of the bad-input table.
            problem: what is wrong, with the value.
            fix: the edit to make.
            at: the key's path, where the rule looked at more than one value.
        """
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.fix = fix
        self.at = at


def shown(value: object) -> str:
    """A value in one line of plain ASCII, cut where it is long: hostile text must not reach the terminal as it is."""
    text = ascii(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
