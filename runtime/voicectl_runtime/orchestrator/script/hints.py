"""What a recogniser is told to expect where it heard nothing that the script answers, and when it is then believed."""

import re
from collections import Counter
from itertools import pairwise
from typing import Final

from rapidfuzz import fuzz

from voicectl_runtime.orchestrator.script.dialogue import Script
from voicectl_runtime.orchestrator.script.scores import plain

MOST_CHARACTERS: Final = 600
SHORTEST_WORD: Final = 4
"""Letters: shorter words are everybody's."""

GUESSING: Final = -1.0
LEAST_ALIKE: Final = 67
"""Percent of the letters of both hearings: what is said twice reaches 66 at most, and a list of hints nothing."""


def hints_of(script: Script) -> str:
    """For each answer the word that is most its own among its phrasings, with the neighbour that is so too.

    A reply to an offer is not to be expected.
    """
    asked = [
        Counter(phrase for question in answer.questions for phrase in _phrases(question))
        for answer in script.answers
        if answer.action not in {"yes", "no"}
    ]
    answers = Counter(phrase for counts in asked for phrase in counts)
    return _cut(list(dict.fromkeys(_most_own(counts, answers) for counts in asked if counts)))


def is_heard(text: str, avg_logprob: float, first: str) -> bool:
    """Whether hinted words sound like the first hearing: not made of the hints, and not said again and again."""
    return avg_logprob >= GUESSING and fuzz.ratio(plain(text), plain(first)) >= LEAST_ALIKE


def _most_own(counts: Counter[str], answers: Counter[str]) -> str:
    def is_own(phrase: str) -> float:
        return counts[phrase] / answers[phrase]

    word = max((phrase for phrase in counts if " " not in phrase), key=is_own)
    return max((phrase for phrase in counts if " " in phrase and word in phrase.split()), key=is_own, default=word)


def _phrases(question: str) -> list[str]:
    """The longer words and the pairs of them, each once."""
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", question.casefold())
    phrases = dict.fromkeys([*words, *map(" ".join, pairwise(words))])
    return [each for each in phrases if min(map(len, each.split())) >= SHORTEST_WORD]


def _cut(phrases: list[str]) -> str:
    """As many as there is room for."""
    hints = ", ".join(phrases)
    return hints if len(hints) <= MOST_CHARACTERS else hints[: hints.rindex(",", 0, MOST_CHARACTERS + 1)]
