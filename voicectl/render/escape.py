"""One escaping rule a file format: a value either comes out as itself when the file is read, or is refused."""

import re
import shlex
import unicodedata
from collections.abc import Callable
from typing import Final

Escape = Callable[[object], str]

# An application's arguments are split at commas and evaluated at `$`; what quoting does differs between applications.
_DIALPLAN_MEANS_SOMETHING: Final = frozenset("${}[]()\\\"'`,;&|<>=!^*?#~")
# Here Supervisor cuts a line, whatever quotes stand around it.
_SUPERVISOR_COMMENT: Final = re.compile(r"(?:^|\s)[;#]")


class EscapeError(ValueError):
    """A value that this format cannot carry."""


def plain(value: object) -> str:
    """What every line-based format asks of a value: one line, without characters that nobody can see."""
    text = _words(value)
    for position, character in enumerate(text, start=1):
        if unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            raise EscapeError(f"control character U+{ord(character):04X} at position {position}")
    if text != text.strip():
        raise EscapeError("blanks at its ends, which would be lost")
    return text


def asterisk(value: object) -> str:
    """A value in an Asterisk configuration file, where `;` begins a comment."""
    text = plain(value)
    if text.endswith("\\"):
        raise EscapeError("a backslash at its end, which would take what follows along")
    return text.replace(";", "\\;")


def dialplan(value: object) -> str:
    """A value in extensions.conf: nothing there may be evaluated, so what could be is refused."""
    text = plain(value)
    for position, character in enumerate(text, start=1):
        if character in _DIALPLAN_MEANS_SOMETHING:
            raise EscapeError(f"the character {character} at position {position}, which a dialplan would act on")
    return text


def supervisor(value: object) -> str:
    """A value in supervisord.conf, where `%` begins an expansion."""
    text = plain(value)
    if _SUPERVISOR_COMMENT.search(text):
        raise EscapeError("a blank before ; or #, which would begin a comment")
    if '"' in text or "\\" in text:
        raise EscapeError("a double quote or a backslash, which would end the quotes around it")
    return text.replace("%", "%%")


def shell(value: object) -> str:
    """One word of a shell script."""
    return shlex.quote(plain(value))


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
