"""How what was said so far ends: with a whole sentence, in the middle of one, or inside something dictated."""

import re
from enum import Enum, auto
from typing import Final

from voicectl_runtime.orchestrator.endpointing import english

FEWEST_DIGITS: Final = 3
"""Fewer are a time, a date or an age; from here on it is a number that is read out."""
WHOLE_NUMBERS: Final = frozenset({10, 11})
"""Digits of a telephone number in North America, without and with the country's 1; seven are mostly part of one."""
YEAR_DIGITS: Final = 4
LONGEST_QUERY: Final = 2
"""Words: "when?", "how much?"; behind more words these want something after them."""

_SPELLED: Final = re.compile(r"\bspell(?:ed|ing|t)?\b|\bspelt\b", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"@|\bdot\b|\be-?mail(?: address)? is\b|\be-?mail\b.*\bat\b|\breach me (?:at|on|under)\b(?!.*\d)", re.IGNORECASE
)
_WHOLE_ADDRESS: Final = re.compile(rf"(?:\.|\bdot\s+)(?:{'|'.join(english.TOP_LEVEL_DOMAINS)})$", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\bnumber is\b|\bcall me (?:back )?(?:at|on|under)\b", re.IGNORECASE)
_CLOCK: Final = re.compile(r"\b\d{1,2}:\d\d\b")
_INITIALS: Final = re.compile(r"(?<=\b\w)\.(?=\w\b)")
_CONDITION: Final = re.compile(r"(?:if|when|because|since|before|after) (?:i|we|my|you|the)\b[^,?]*$", re.IGNORECASE)
_DAY_OF: Final = re.compile(r"\d(?:st|nd|rd|th) of\W*$", re.IGNORECASE)
_WORD: Final = re.compile(r"[\w'@]+(?:\.\w+)*")
_BROKEN_OFF: Final = re.compile(r"(?:\.\.|[-\u2026,:])\s*$")


class Ending(Enum):
    """What the last words promise."""

    WHOLE = auto()
    GREETING = auto()
    """A hello is often only the beginning."""
    TRAILING = auto()
    """Perhaps a question that the caller leaves hanging: "are you open now, or?"."""
    OPEN = auto()
    """More must come: "and", "to the", "I would like to know"."""
    DICTATED = auto()
    """A number, a name or an address that is read out and is not whole yet."""


def ending_of(text: str) -> Ending:
    """Judge by the last words; text as a recogniser writes it, with its marks."""
    words = _WORD.findall(_CLOCK.sub("o'clock", _INITIALS.sub(" ", text.lower())).replace("-", " "))
    if not words:
        return Ending.WHOLE
    if _is_dictated(text, words):
        return Ending.DICTATED
    if english.GREETINGS.issuperset(words):
        return Ending.GREETING
    if words[-1] == "or" and text.rstrip().endswith("?"):
        return Ending.TRAILING
    return Ending.OPEN if _is_open(text, words) else Ending.WHOLE


def _is_open(text: str, words: list[str]) -> bool:
    if _BROKEN_OFF.search(text) or _CONDITION.match(text):
        return True
    if words[-1] in english.QUESTION_WORDS or words[-1] in {"much", "many"}:
        return len(words) > LONGEST_QUERY
    if text.rstrip().endswith("?") and not _DAY_OF.search(text) and words[-1] in english.MAY_END_QUESTIONS:
        return words[-1] in english.WANT_AN_OBJECT and english.QUESTION_WORDS.isdisjoint(words)
    if words[-1] in english.VERBS and _asks_indirectly(words[:-1]):
        return False
    if " ".join(words[-2:]) in english.OPEN_PAIRS:
        return english.QUESTION_WORDS.isdisjoint(words[:-2])
    return words[-1] in english.OPEN


def _asks_indirectly(words: list[str]) -> bool:
    """Whether a question word stands before, with somebody or something that the verb belongs to."""
    return not english.QUESTION_WORDS.isdisjoint(words) and words[-1] not in english.QUESTION_WORDS | english.QUANTITIES


def _is_dictated(text: str, words: list[str]) -> bool:
    if _SPELLED.search(text):
        return True
    if _ADDRESS.search(text):
        return not _WHOLE_ADDRESS.search(text.rstrip(" .,?!"))
    if _is_spelled(words[-1], before=words[-2] if len(words) > 1 else ""):
        return True
    spoken = 0
    for word in reversed(words):
        if not (digits := len(word) if word.isdecimal() else english.DIGITS.get(word, 0)):
            return _is_open_number(spoken, before=word, is_announced=_NUMBER.search(text) is not None)
        spoken += digits
    return _is_open_number(spoken, before="", is_announced=False)


def _is_open_number(digits: int, *, before: str, is_announced: bool) -> bool:
    if digits == YEAR_DIGITS and before in english.BEFORE_A_YEAR:
        return False
    return digits >= (1 if is_announced else FEWEST_DIGITS) and digits not in WHOLE_NUMBERS


def _is_spelled(last: str, *, before: str) -> bool:
    """A letter after a letter; "a" and "I" alone are words."""
    if not (len(last) == 1 and last.isalpha()):
        return False
    return (len(before) == 1 and before.isalpha()) or (last not in {"a", "i"} and before in {"", "is", "are"})
