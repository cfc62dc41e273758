"""Cuts a language model's tokens into clauses that can be spoken as they come: the first one early, none too short."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

FIRST_WORDS: Final = 6
"""The first clause may end here without any mark, since the caller waits in silence for it."""
FEWEST_WORDS: Final = 3
"""A shorter clause is joined to the next: voices stumble over single words."""
MOST_WORDS: Final = 24

_SENTENCE_END: Final = re.compile(r"[.!?][\"')]*$")
_CLAUSE_END: Final = re.compile(r"[,;:.!?][\"')]*$")
_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS: Final = re.compile(r"[*_#`~|<>\[\]{}\\]+|^\s*(?:[-+\u2022]|\d+[.)])\s+", re.MULTILINE)
_NOT_SPOKEN: Final = re.compile(r"[^\w\s.,;:!?'\"()%$\u20ac\u00a3+&/@-]")


class ClauseCutter:
    """Takes tokens, gives back clauses; what looks like data instead of speech is never given back."""

    def __init__(self) -> None:
        self._text = ""
        self._is_first = True
        self._began = False
        self._is_data = False

    def feed(self, token: str) -> list[str]:
        """The clauses that this token completes."""
        self._text += token
        if not self._began and (start := self._text.lstrip()):
            self._began = True
            # A tool call written as text, or a code block: nothing of it is for the caller's ears.
            self._is_data = start.startswith(("{", "[", "```", "<"))
        # The last word may still grow, so only words with a space behind them are looked at.
        clauses = []
        while not self._is_data and (cut := self._cut()):
            clause, self._text = spoken(self._text[:cut]), self._text[cut:]
            if clause:
                self._is_first = False
                clauses.append(clause)
        return clauses

    def finish(self) -> list[str]:
        """What is left when the model has ended."""
        rest, self._text = spoken(self._text), ""
        return [rest] if rest and not self._is_data else []

    def _cut(self) -> int:
        words = list(re.finditer(r"\S+(?=\s)", self._text))
        for count, word in enumerate(words, 1):
            at_end = (_CLAUSE_END if self._is_first else _SENTENCE_END).search(word[0])
            if count >= FEWEST_WORDS and at_end:
                return word.end()
            if count >= (FIRST_WORDS if self._is_first else MOST_WORDS):
                return word.end()
        return 0


def spoken(text: str) -> str:
    """The text without the marks of a markup language, in one line."""
    plain = _NOT_SPOKEN.sub(" ", _MARKS.sub(" ", _LINK.sub(r"\1", text)))
    plain = " ".join(plain.split())
    return plain if re.search(r"\w", plain) else ""


async def clauses(tokens: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """The clauses of a stream of tokens, each as soon as it is whole."""
    cutter = ClauseCutter()
    async with aclosing(tokens):
        async for token in tokens:
            for clause in cutter.feed(token):
                yield clause
    for clause in cutter.finish():
        yield clause
