"""On which line of a TOML text each key stands; the standard parser does not tell."""

import re
import tomllib
from collections.abc import Iterator
from typing import Final

KeyPath = tuple[str, ...]

# Good enough for text that the parser has already accepted: strings and comments hide what they hold.
_TOKEN: Final = re.compile(
    r'(?P<string>"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}" + r'|"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*')"
    r"|(?P<comment>\#[^\n]*)|(?P<line_break>\n)|(?P<open>[\[{])|(?P<close>[\]}])|(?P<equals>=)"
    r"|(?P<blank>[ \t\r]+)|(?P<word>[^\s=\[\]{}#\"']+)",
    re.DOTALL,
)


def find_lines(text: str) -> dict[KeyPath, int]:
    """The line of every section and of every `key =`; keys inside an inline table are found by their statement."""
    lines: dict[KeyPath, int] = {}
    section: KeyPath = ()
    for line, head, is_section in _statements(text):
        path = _key_path(head)
        if is_section:
            section = path
            lines.setdefault(path, line)
        else:
            for depth in range(1, len(path) + 1):  # a.b = 1 also makes the section a
                lines.setdefault(section + path[:depth], line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str, bool]]:
    """Each statement's line, the text of its key, and whether it opens a section."""
    line, depth, head, start, is_value = 1, 0, "", 0, False
    for token in _TOKEN.finditer(text):
        kind, word = token.lastgroup, token.group()
        if kind == "line_break" and depth == 0:
            if head and not is_value:
                yield start, head, True
            head, is_value = "", False
        elif kind == "equals" and not is_value:
            yield start, head, False
            is_value = True
        elif kind in {"open", "close"} and is_value:
            depth += 1 if kind == "open" else -1
        elif kind in {"word", "string"} and not is_value:
            start = start if head else line
            head += word
        line += word.count("\n")
    if head and not is_value:
        yield start, head, True


def _key_path(head: str) -> KeyPath:
    """The parts of a bare, quoted or dotted key, read by the parser itself."""
    table: object = tomllib.loads(f"{head} = 0")
    path: KeyPath = ()
    while isinstance(table, dict):
        key, table = next(iter(table.items()))
        path += (key,)
    return path
