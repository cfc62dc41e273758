"""Cuts a language model's tokens into clauses that can be spoken as they come: the first one early, none too short."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from voicectl_runtime.orchestrator.tools.wanted import NOTHING, ToolCall, calls_in

FIRST_WORDS: Final = 6
"""The first clause may end here without any mark, since the caller waits in silence for it."""
FEWEST_WORDS: Final = 3
"""A shorter clause is joined to the next: voices stumble over single words."""
MOST_WORDS: Final = 24

_SENTENCE_END: Final = re.compile(r"[.!?][\"')]*$")
_CLAUSE_END: Final = re.compile(r"[,;:.!?][\"')]*$")
_DATA_LATER: Final = re.compile(r"[{]|```|</?tool|\[\s*[{]")
_DATA: Final = re.compile(r"\A\s*[\[<]|" + _DATA_LATER.pattern)
_LINK: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS: Final = re.compile(r"[*_#`~|<>\[\]{}\\]+|^\s*(?:[-+\u2022]|\d+[.)])\s+", re.MULTILINE)
_NOT_SPOKEN: Final = re.compile(r"[^\w\s.,;:!?'\"()%$\u20ac\u00a3+&/@-]")


class ClauseCutter:
    """Takes tokens, gives back clauses; what looks like data instead of speech is never given back."""

    def __init__(self) -> None:
        self._text = ""
        self._is_first = True
        self.data = ""
        """A tool call written as text, or a code block, from its first sign to the end: none of it is for ears."""

    def feed(self, token: str) -> list[str]:
        """The clauses that this token completes."""
        if self.data:
            self.data += token
            return []
        self._text += token
        if sign := (_DATA if self._is_first else _DATA_LATER).search(self._text):
            self._text, self.data = self._text[: sign.start()], self._text[sign.start() :]
            return self.finish()
        # The last word may still grow, so only words with a space behind them are looked at.
        clauses = []
        while cut := self._cut():
            clause, self._text = spoken(self._text[:cut]), self._text[cut:]
            if clause:
                self._is_first = False
                clauses.append(clause)
        return clauses

    def finish(self) -> list[str]:
        """What is left when the model has ended."""
        rest, self._text = spoken(self._text), ""
        self._is_first = self._is_first and not rest
        return [rest] if rest else []

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


async def clauses(tokens: AsyncGenerator[str | ToolCall, None]) -> AsyncGenerator[str | ToolCall, None]:
    """The clauses of a stream of tokens, each as soon as it is whole; and the tool calls in it, however written."""
    cutter = ClauseCutter()
    async with aclosing(tokens):
        async for token in tokens:
            if isinstance(token, ToolCall):
                yield token
                continue
            for clause in cutter.feed(token):
                yield clause
    for clause in cutter.finish():
        yield clause
    for call in (calls_in(cutter.data) or [NOTHING]) if cutter.data else ():
        yield call
