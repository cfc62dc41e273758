"""Whether the agent said what it should: words in order, with room for what a recogniser mishears."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from voicectl_runtime.caller.errors import PhoneError

ENOUGH: Final = 0.7
_PATTERN: Final = "re:"
_SMALL: Final = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen",
)
_TENS: Final = re.findall(r"\w+", "twenty thirty forty fifty sixty seventy eighty ninety")
_NUMBERS: Final = {word: str(number) for number, word in enumerate(_SMALL)} | {
    word: str(number * 10) for number, word in enumerate(_TENS, 2)
}


def is_right(expected: str, heard: str) -> bool:
    """True when enough of the expected words are heard in their order, or the pattern is found.

    Raises:
        PhoneError: the pattern is not a regular expression.
    """
    if expected.startswith(_PATTERN):
        return compiled(expected).search(heard) is not None
    return similarity(expected, heard) >= ENOUGH


def compiled(expected: str) -> re.Pattern[str]:
    """The pattern behind `re:`."""
    try:
        return re.compile(expected.removeprefix(_PATTERN).strip(), re.IGNORECASE)
    except re.error as error:
        raise PhoneError(f"not a regular expression: {expected!r}: {error}") from error


def similarity(expected: str, heard: str) -> float:
    """Which part of the expected words is heard, in order; 1.0 where nothing is expected."""
    wanted, got = words(expected), words(heard)
    if not wanted:
        return 1.0
    return _in_order(wanted, got) / len(wanted)


def words(text: str) -> list[str]:
    """Words as they compare: lower case, without punctuation, numbers as digits, "9:00" as "9"."""
    plain = re.sub(r"(\d):00\b", r"\1", text.lower().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", ""))
    plain = re.sub(r"\b([ap])\.m\b\.?", r"\1m", plain)
    return [_NUMBERS.get(word, word) for word in re.findall(r"[^\W_]+", plain)]


def _in_order(wanted: Sequence[str], got: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(got) + 1)
    for word in wanted:
        diagonal = 0
        for column, other in enumerate(got, 1):
            above = row[column]
            row[column] = diagonal + 1 if _same(word, other) else max(above, row[column - 1])
            diagonal = above
    return row[-1]


def _same(word: str, other: str) -> bool:
    """Equal, or a longer word with a letter misheard."""
    if word == other:
        return True
    long_enough = min(len(word), len(other)) > 4  # noqa: PLR2004 - in a short word one letter makes another word
    return long_enough and SequenceMatcher(None, word, other).ratio() >= 0.8  # noqa: PLR2004 - one letter in five
