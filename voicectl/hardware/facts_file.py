"""Facts in a file, as `doctor --facts` printed them on any machine, read as if a stranger had sent them."""

import json
from pathlib import Path
from typing import Any, Final, NoReturn

from voicectl.config.find import read_regular_file
from voicectl.config.refused import shown
from voicectl.documents import DocumentError
from voicectl.errors import MachineError
from voicectl.hardware.facts import Facts, facts_from_dict

_FIX: Final = "make one with `voicectl doctor --facts > FILE` on the machine that it is about"
_MOST_DIGITS: Final = 15
"""What every JSON reader keeps exactly."""


def read_facts(path: Path) -> Facts:
    """The facts in a file.

    Raises:
        UsageError: E102, there is no such file.
        ConfigError: E103 or E104, it is no regular file, is too large or cannot be read; E201, it is not UTF-8.
        MachineError: E402, its text is not a document of facts, or not one of this version.
    """
    document = read_document(path, fix=_FIX)
    try:
        return facts_from_dict(document)
    except DocumentError as error:
        raise MachineError("E402", str(path), str(error), fix=_FIX) from error


def read_document(path: Path, *, fix: str) -> dict[str, Any]:
    """A JSON object in a file.

    Raises:
        UsageError: E102, there is no such file.
        ConfigError: E103 or E104, it is no regular file, is too large or cannot be read; E201, it is not UTF-8.
        MachineError: E402, see `parse_document`.
    """
    text = read_regular_file(path, fix=fix)
    try:
        return parse_document(text)
    except DocumentError as error:
        raise MachineError("E402", str(path), str(error), fix=fix) from error


def parse_document(text: str) -> dict[str, Any]:
    """A JSON object; strict, for nothing in it may surprise whoever works with it later.

    Raises:
        DocumentError: it is not JSON: cut short, a key stands twice, a number that no computer keeps exactly.
    """
    try:
        document = json.loads(
            text, object_pairs_hook=_each_key_once, parse_int=_integer, parse_float=_number, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"not a whole JSON document ({shown(str(error))})") from error
    if not isinstance(document, dict):
        raise DocumentError(f"not a JSON object ({shown(document)})")
    return document


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"a key stands twice: {next(name for name in names if names.count(name) > 1)}")
    return found


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _MOST_DIGITS:
        raise ValueError("a number that is too large")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if abs(number) >= 10**_MOST_DIGITS:  # 1e999 is infinite
        raise ValueError("a number that is too large")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
