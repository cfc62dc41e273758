"""Which known bugs a version of Asterisk has: the rows of `asterisk_bugs.toml`."""

import tomllib
from dataclasses import dataclass
from typing import Any, Final

from voicectl.doctor.version import version_of
from voicectl.paths import ASTERISK_BUGS

Version = tuple[int, int, int]
_KEYS: Final = {"id", "what", "spans", "older", "guard", "source"}


class BugListError(ValueError):
    """The list itself is broken: a mistake of ours, not of the operator's."""


@dataclass(frozen=True)
class Bug:
    """One row."""

    id: str
    what: str
    """What callers notice."""
    spans: dict[int, tuple[Version, Version]]
    """By branch: the first and the last version known to have it."""
    older: bool
    """Whether branches before those may have it too."""
    guard: str
    """What keeps it from callers in this agent; empty: nothing does."""
    source: str

    def is_in(self, version: Version) -> bool:
        """Whether that version has the bug, as far as anybody knows."""
        span = self.spans.get(version[0])
        if span is not None:
            return span[0] <= version <= span[1]
        return self.older and version[0] < max(self.spans)


def load_bugs() -> tuple[Bug, ...]:
    """The list that ships with voicectl."""
    return parse_bugs(ASTERISK_BUGS.read_text(encoding="utf-8"))


def parse_bugs(text: str) -> tuple[Bug, ...]:
    """Read a list.

    Raises:
        BugListError: a row lacks something, or names no version.
    """
    return tuple(_bug(row) for row in tomllib.loads(text)["bug"])


def _bug(row: dict[str, Any]) -> Bug:
    if set(row) != _KEYS or not row["source"] or not row["spans"]:
        raise BugListError(f"{row.get('id')}: a row has exactly {', '.join(sorted(_KEYS))}, a source and a span")
    spans = {int(branch): (version_of(first), version_of(last)) for branch, (first, last) in row["spans"].items()}
    for branch, (first, last) in spans.items():
        if not (first[0] == last[0] == branch and first <= last):
            raise BugListError(f"{row['id']}: {first} to {last} is no span of branch {branch}")
    return Bug(**{**row, "spans": spans})
