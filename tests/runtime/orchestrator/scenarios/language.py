"""Scenarios as text: a name at the margin, and under it what happens, a step a line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """One line: a verb, perhaps a range of milliseconds, and the rest."""

    verb: str
    rest: str
    within_ms: tuple[int, int] | None
    line: int


@dataclass(frozen=True)
class Scenario:
    """What one call is made of."""

    name: str
    steps: tuple[Step, ...]


def read(path: Path) -> Iterator[Scenario]:
    """The scenarios of a file."""
    name, steps = "", list[Step]()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" "):
            steps.append(_step(line.split(maxsplit=1), number))
            continue
        if name:
            yield Scenario(name, tuple(steps))
        name, steps = line.strip(), []
    yield Scenario(name, tuple(steps))


def _step(words: list[str], number: int) -> Step:
    verb, rest = words[0], (words[1].strip() if len(words) > 1 else "")
    first, _, after = rest.partition(" ")
    least, dots, most = first.partition("..")
    if dots and least.isdigit() and most.isdigit():
        return Step(verb, after.strip(), (int(least), int(most)), number)
    return Step(verb, rest, None, number)
