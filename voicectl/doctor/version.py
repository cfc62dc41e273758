"""Version numbers as programs and packages write them."""

import re

from voicectl.hardware.facts import NotKnownError

# An epoch ("1:"), a word ("certified/"), then up to three numbers; what follows is the packager's.
_VERSION = re.compile(r"(?:\d+:)?(?:\w+/)?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?", re.ASCII)


def version_of(text: str) -> tuple[int, int, int]:
    """(22, 10, 1) of "1:22.10.1~dfsg+~cs6.15-1".

    Raises:
        NotKnownError: there is no number at its start.
    """
    found = _VERSION.match(text)
    if found is None:
        raise NotKnownError(f"{text!r} is no version")
    first, second, third = (int(part or 0) for part in found.groups())
    return first, second, third


def series_of(text: str) -> tuple[int, int]:
    """The first two numbers, where the third does not matter."""
    return version_of(text)[:2]
