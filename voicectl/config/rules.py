"""What one value must be, as small functions that raise `RefusedError`."""

import re
import unicodedata
from collections.abc import Callable, Sequence, Sized
from typing import Final

from voicectl.config.refused import RefusedError, shown

Rule = Callable[[str], None]

# C0, C1, lone surrogates, line and paragraph separators; and the marks that let text run backwards on a terminal.
_CONTROL_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_DIRECTION_MARKS: Final = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PLAIN_PATH: Final = re.compile(r"(/[A-Za-z0-9._-]+)+")
# Linux keeps 108 bytes for a Unix socket's path, the closing zero among them. Supervisor first binds
# `supervisor.sock.<pid>`, which makes it the longest of ours.
_LONGEST_SOCKET_PATH: Final = 107
_LONGEST_SOCKET_NAME: Final = "/run/supervisor.sock.4194304"
_NEVER_BELOW: Final = frozenset({"bin", "boot", "dev", "etc", "lib", "lib64", "proc", "sbin", "sys"})
# Their second level is the system's too: /usr/local, /var/lib.
_DEEP: Final = frozenset({"usr", "var"})


def between(least: int, most: int) -> Callable[[int], None]:
    """A whole number within bounds, both included."""

    def rule(value: int) -> None:
        if not least <= value <= most:
            raise RefusedError(
                "E203",
                f"out of range ({shown(value)})",
                fix=f"write a whole number from {least} to {most}",
            )

    return rule


def length(least: int, most: int) -> Rule:
    """A text that is neither too short nor too long to be used where it goes."""

    def rule(value: str) -> None:
        if len(value.strip()) < least:
            raise RefusedError("E223", f"empty text ({shown(value)})", fix="write at least one word")
        if len(value) > most:
            raise RefusedError("E223", f"{len(value)} characters ({shown(value)})", fix=f"use at most {most}")

    return rule


def no_control_characters(value: str, *, allowed: str = "") -> None:
    """Text that stays on its line in every file and on every terminal; `;`, `[x]` and `${...}` are ordinary data."""
    for position, character in enumerate(value, start=1):
        if character in allowed:
            continue
        if unicodedata.category(character) in _CONTROL_CATEGORIES or character in _DIRECTION_MARKS:
            raise RefusedError(
                "E210",
                f"control character U+{ord(character):04X} at position {position} ({shown(value)})",
                fix="remove that character",
            )


def no_control_characters_but_line_breaks(value: str) -> None:
    """Text of several lines, for what is only ever written as JSON."""
    no_control_characters(value, allowed="\n\t")


def placeholders(*names: str) -> Rule:
    """Only these may stand in single braces; a misspelt one would be read aloud to callers."""

    def rule(value: str) -> None:
        for found in re.findall(r"(?<!\{)\{([A-Za-z_]+)\}(?!\})", value):
            if found not in names:
                known = " and ".join(f"{{{name}}}" for name in names)
                raise RefusedError("E224", f"unknown placeholder ({{{found}}})", fix=f"use {known} only")

    return rule


def or_empty(rule: Rule) -> Rule:
    """A rule for a text that may be left empty."""

    def either(value: str) -> None:
        if value:
            rule(value)

    return either


def digits(value: str) -> None:
    """A short number that a phone dials."""
    if not re.fullmatch(r"[0-9]{2,10}", value):
        raise RefusedError("E225", f"not an extension ({shown(value)})", fix='write two to ten digits, such as "100"')


def name(value: str) -> None:
    """A name that is safe as a SIP user, a dialplan extension and a file name.

    No dash, because Asterisk ignores dashes when it compares extensions; no single letter, because those are the
    dialplan's own (`h` runs when a call ends).
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,31}", value):
        raise RefusedError(
            "E225",
            f"not a usable name ({shown(value)})",
            fix="use 2 to 32 lower-case letters, digits and underscores, a letter first",
        )


def no_tool(value: str) -> None:
    """A name that no tool of ours has."""
    if value in {"transfer", "end_call", "collect_digits"}:
        raise RefusedError("E225", f"the name of a tool of the agent's own ({shown(value)})", fix="use another name")


def not_empty(value: Sized) -> None:
    """A list with something in it."""
    if not value:
        raise RefusedError("E226", "empty list ([])", fix="name at least one")


def no_repeats(value: Sequence[str]) -> None:
    """A list in which everything stands once."""
    for item in value:
        if value.count(item) > 1:
            raise RefusedError("E226", f"named twice ({shown(item)})", fix="name it once")


def absolute(value: str) -> None:
    """A path that means the same from wherever voicectl is started."""
    no_control_characters(value)
    if not value.startswith("/"):
        raise RefusedError("E227", f"not an absolute path ({shown(value)})", fix="start the path with /")


def install_folder(value: str) -> None:
    """A folder that every file format and every socket of the agent can name."""
    absolute(value)
    text = value.rstrip("/")
    if ".." in text.split("/") or not _PLAIN_PATH.fullmatch(text):
        raise RefusedError(
            "E227",
            f"a path that Asterisk or Supervisor would misread ({shown(value)})",
            fix="use letters, digits, dots, dashes and underscores between single slashes, and no ..",
        )
    parts = text.strip("/").split("/")
    if parts[0] in _NEVER_BELOW or len(parts) < (3 if parts[0] in _DEEP else 2):
        raise RefusedError("E227", f"a folder of the system ({shown(value)})", fix='use "/opt/voicectl"')
    most = _LONGEST_SOCKET_PATH - len(_LONGEST_SOCKET_NAME)
    if len(text) > most:
        raise RefusedError(
            "E227",
            f"{len(text)} characters are too long for the Unix sockets below it ({shown(value)})",
            fix=f"use at most {most} characters",
        )
