"""Reads Asterisk's configuration format the way Asterisk does, as far as our templates use it."""

import re
from typing import Final

Line = tuple[str, str, str]
"""Section, key, value; a section's own line has no key, and its template as the value."""

_SECTION: Final = re.compile(r"\[([^\[\]]+)\](?:\(([^()]*)\))?")
_COMMENT: Final = re.compile(r"(?<!\\);.*")


class UnreadableError(ValueError):
    """A line that our templates cannot have meant."""


def read_asterisk(text: str) -> tuple[Line, ...]:
    """Every section and every setting, in order.

    Raises:
        UnreadableError: a line is neither, such as an `#include`.
    """
    lines: list[Line] = []
    section = ""
    for number, raw in enumerate(text.split("\n"), start=1):
        line = _COMMENT.sub("", raw).replace("\\;", ";").strip()
        if not line:
            continue
        if header := _SECTION.fullmatch(line):
            section = header[1]
            lines.append((section, "", header[2] or ""))
        elif line[0] in "#[" or "=" not in line:
            raise UnreadableError(f"line {number} is neither a section nor a setting")
        else:
            key, _, value = line.partition("=")
            lines.append((section, key.strip(), value.removeprefix(">").strip()))
    return tuple(lines)
