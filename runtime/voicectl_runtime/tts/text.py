"""What may be spoken, and where it is cut, so that the first sound comes early."""

import re
import unicodedata
from typing import Final

LONGEST_CHARACTERS: Final = 2000

LONG_FIRST_SENTENCE: Final = 280
"""Characters, about 16 s of speech, which take 0.5 s to plan; a longer one is begun with its first clause. A cut costs
the voice its melody ("Monday to Friday, from eight" was recognised again 5 times of 5 when spoken as a whole, once of 5
when cut)."""

SHORTEST_CLAUSE: Final = 30
"""A shorter start would end before the rest is ready, and be heard as a stutter."""

FORBIDDEN: Final = frozenset({"Cc", "Cs", "Co", "Cn"})
"""Unicode's controls, halves of characters and private signs: no writer means them to be spoken."""

BIDI: Final = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They make a text look other than it is."""

MARKUP: Final = re.compile(r"<[a-zA-Z/!?]")

SENTENCE_END: Final = re.compile(r"(?<=[.!?])[\"')\]]*\s+")
CLAUSE_END: Final = re.compile(r"(?<=[,;:])\s+")

ABBREVIATED: Final = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e)\.$", re.IGNORECASE)


class TextError(Exception):
    """What was sent cannot be spoken; the message says why."""


def speakable(text: str) -> str:
    """The text on one line, as an engine may read it.

    Raises:
        TextError: empty, too long, markup, or characters that nobody speaks.
    """
    if len(text) > LONGEST_CHARACTERS:
        raise TextError(f"input has {len(text)} characters; at most {LONGEST_CHARACTERS} are spoken at once")
    line = " ".join(text.split())
    for character in line:
        if character in BIDI or unicodedata.category(character) in FORBIDDEN:
            raise TextError(f"input holds the control character U+{ord(character):04X}")
    if MARKUP.search(line):
        raise TextError("input holds markup; only plain text is spoken")
    # Piper reads what stands in double brackets as raw phonemes.
    line = line.replace("[", " ").replace("]", " ").strip()
    if not any(character.isalnum() for character in line):
        raise TextError("input holds no words")
    return line


def pieces(line: str) -> list[str]:
    """Sentences; the first one's first clause apart where the sentence is long."""
    sentences = _joined(SENTENCE_END.split(line))
    first = sentences[0]
    if len(first) > LONG_FIRST_SENTENCE:
        for end in CLAUSE_END.finditer(first):
            if end.start() >= SHORTEST_CLAUSE:
                return [first[: end.start()], first[end.end() :], *sentences[1:]]
    return sentences


def _joined(parts: list[str]) -> list[str]:
    """Undo cuts after "Dr." and before what holds no word."""
    sentences: list[str] = []
    for part in filter(None, parts):
        wordless = not any(character.isalnum() for character in part)
        if sentences and (wordless or ABBREVIATED.search(sentences[-1])):
            sentences[-1] += f" {part}"
        else:
            sentences.append(part)
    return sentences
