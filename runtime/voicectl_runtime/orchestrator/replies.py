"""What Asterisk writes back on an AGI session, as typed values; nothing here waits or reads."""

import re
from dataclasses import dataclass
from typing import Final

LONGEST_LINE: Final = 8192

_SUCCESS: Final = re.compile(r"200 result=(-?\d+)(?: \(([^\n]*)\))?(?: endpos=(-?\d+))?")
_REFUSAL: Final = re.compile(r"(5\d\d) (.*)")
_USAGE_BEGINS: Final = re.compile(r"(5\d\d)-(.*)")


@dataclass(frozen=True)
class Reply:
    """`200 result=...`."""

    result: int
    value: str | None = None
    endpos: int | None = None
    """Only the commands that play a file say where they stopped."""


@dataclass(frozen=True)
class Refusal:
    """510, 511 or 520: the command was not carried out."""

    code: int
    text: str


@dataclass(frozen=True)
class HungUp:
    """A bare `HANGUP` line, which belongs to no command."""


@dataclass(frozen=True)
class Garbage:
    """A line that Asterisk does not write."""

    line: str


Item = Reply | Refusal | HungUp | Garbage


class ReplyParser:
    """Cuts the byte stream into replies; a usage text of many lines is one refusal."""

    def __init__(self) -> None:
        self._rest = b""
        self._usage: tuple[int, list[str]] | None = None

    def feed(self, data: bytes) -> list[Item]:
        """The items that `data` completes, in order."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        items = [item for line in lines if (item := self._line(line.decode("utf-8", "replace").rstrip("\r")))]
        if len(self._rest) > LONGEST_LINE:
            self._rest = b""
            items.append(Garbage("a line without end"))
        return items

    def _line(self, line: str) -> Item | None:
        if self._usage is not None:
            return self._usage_line(line, *self._usage)
        if begins := _USAGE_BEGINS.fullmatch(line):
            self._usage = int(begins[1]), [begins[2]]
            return None
        if line == "HANGUP":
            return HungUp()
        if success := _SUCCESS.fullmatch(line):
            return Reply(int(success[1]), success[2], int(success[3]) if success[3] else None)
        if refusal := _REFUSAL.fullmatch(line):
            return Refusal(int(refusal[1]), refusal[2])
        return Garbage(line)

    def _usage_line(self, line: str, code: int, text: list[str]) -> Item | None:
        if line.startswith(f"{code} "):
            self._usage = None
            return Refusal(code, "\n".join(text))
        text.append(line)
        if sum(map(len, text)) > LONGEST_LINE:
            self._usage = None
            return Garbage("a usage text without end")
        return None
