"""What the phone is asked to do: one JSON document on stdin."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from voicectl_runtime.caller.errors import PhoneError

_LARGEST_TURNS: Final = 10_000
_MOST_CALLS: Final = 1000


class JobError(PhoneError):
    """The job cannot be read."""


@dataclass(frozen=True)
class TurnJob:
    """One line to say: a text or a WAV file."""

    text: str | None = None
    wav: str | None = None
    expect: str | None = None
    """Words that the answer must hold, or `re:` and a pattern."""
    interrupt_after_ms: int | None = None
    """Say it over what the agent is saying, that long after the agent began."""

    @property
    def said(self) -> str:
        """The line as it stands in the document."""
        return self.text if self.text is not None else Path(self.wav or "").name


@dataclass(frozen=True)
class Job:
    """The calls to place."""

    turns: tuple[TurnJob, ...] = ()
    calls: int = 1
    start_gap_s: float = 0.0
    deal_turns: bool = False
    """Deal the turns out to the calls like cards, instead of saying all of them in every call."""
    recordings: str | None = None
    transcribe: bool = True
    greeting_interrupt_ms: int | None = None
    longest_s: float = 120.0
    ring_s: float = 15.0
    register: bool = False

    def turns_of(self, call: int) -> tuple[TurnJob, ...]:
        """The lines of one call."""
        return self.turns[call :: self.calls] if self.deal_turns else self.turns


def read_job(document: object) -> Job:
    """Check a job; nothing is guessed or converted.

    Raises:
        JobError: an unknown key, a wrong type, or a number that makes no sense.
    """
    job: Job = _read(Job, document, "job")
    if not 1 <= job.calls <= _MOST_CALLS or len(job.turns) > _LARGEST_TURNS:
        raise JobError(f"job: from 1 to {_MOST_CALLS} calls and at most {_LARGEST_TURNS} turns")
    for number, turn in enumerate(job.turns, 1):
        if (turn.text is None) == (turn.wav is None):
            raise JobError(f"job: turn {number} needs either `text` or `wav`")
    if min(job.longest_s, job.ring_s) <= 0 or job.start_gap_s < 0:
        raise JobError("job: times must be above zero")
    return job


_PLAIN: Final[Mapping[Any, tuple[type, ...]]] = {
    int: (int,),
    float: (int, float),
    bool: (bool,),
    str | None: (str, type(None)),
    int | None: (int, type(None)),
}


def _read(kind: Any, document: object, where: str) -> Any:
    if not isinstance(document, Mapping):
        raise JobError(f"{where}: expected an object")
    known = {field.name: field for field in fields(kind)}
    if strange := sorted(set(document) - set(known)):
        raise JobError(f"{where}: unknown keys {strange}")
    return kind(**{name: _value(known[name].type, value, f"{where}: {name}") for name, value in document.items()})


def _value(kind: Any, value: object, where: str) -> object:
    if kind not in _PLAIN:
        if not isinstance(value, list):
            raise JobError(f"{where}: expected a list")
        return tuple(_read(TurnJob, item, f"{where}[{number}]") for number, item in enumerate(value))
    if not isinstance(value, _PLAIN[kind]) or (isinstance(value, bool) and kind is not bool):
        raise JobError(f"{where}: {value!r} will not do")
    return value
