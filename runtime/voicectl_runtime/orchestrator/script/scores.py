"""How near what was said stands to each answer: by meaning, or by letters where the model is absent."""

import re
from collections.abc import Sequence
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from voicectl_runtime import settings
from voicectl_runtime.orchestrator.script.dialogue import Script
from voicectl_runtime.orchestrator.script.embedding import Embedder

THEME_WEIGHT: Final = 0.4
"""How much the middle of all of an answer's phrasings counts beside the nearest one. Measured (tests/runtime/script):
by the nearest alone 47 of 61 unseen questions are answered at one wrong answer, with the theme 51 at none."""

Scores = NDArray[np.float32]
"""One figure an answer, and a last one for what is unrelated; 1 is the same, 0 has nothing in common."""


class Scorer(Protocol):
    """Compares sentences with a script."""

    engine: Literal["meaning", "letters"]
    """For health: by letters the agent understands far less."""
    threshold: float
    margin: float

    def scores(self, said: Sequence[str]) -> Scores:
        """The best that any of the sentences reaches."""


class MeaningScorer:
    """Sentence embeddings; the script's own are computed once."""

    engine: Literal["meaning", "letters"] = "meaning"

    def __init__(self, chosen: settings.Matcher, script: Script) -> None:
        """Load the model and embed every phrasing; takes 1 to 2 s for 400 of them."""
        self.threshold, self.margin = chosen.threshold, chosen.margin
        self._embedder = Embedder(chosen.model_file, chosen.tokenizer_file)
        groups = phrasings(script)
        self._known = self._embedder.embed([each for group in groups for each in group]).T
        self._first_columns = first_columns(groups)
        middles = np.add.reduceat(self._known, self._first_columns, axis=1)
        self._themes = middles / np.linalg.norm(middles, axis=0)
        # What is unrelated has nothing in common but that; its middle means nothing.
        self._theme_weight = np.full(len(groups), THEME_WEIGHT, np.float32)
        self._theme_weight[-1] = 0

    def scores(self, said: Sequence[str]) -> Scores:
        """Nearest phrasing and theme together."""
        vectors = self._embedder.embed(said)
        nearest = np.maximum.reduceat(vectors @ self._known, self._first_columns, axis=1)
        blended = nearest * (1 - self._theme_weight) + (vectors @ self._themes) * self._theme_weight
        best: Scores = blended.max(axis=0)
        return best


class LettersScorer:
    """The words themselves, in any order; needs no model and finds only what is said almost as written."""

    engine: Literal["meaning", "letters"] = "letters"
    threshold = 0.75
    margin = 0.05

    def __init__(self, script: Script) -> None:
        """Nothing to load."""
        groups = phrasings(script)
        self._phrasings = [each for group in groups for each in group]
        self._first_columns = first_columns(groups)

    def scores(self, said: Sequence[str]) -> Scores:
        """Nearest phrasing."""
        percent = process.cdist(said, self._phrasings, scorer=fuzz.token_sort_ratio, dtype=np.float32)
        nearest: Scores = np.maximum.reduceat(percent, self._first_columns, axis=1).max(axis=0) * np.float32(0.01)
        return nearest


def scorer_for(chosen: settings.Matcher, script: Script) -> Scorer:
    """By meaning where the model's files are there."""
    if chosen.model_file.is_file() and chosen.tokenizer_file.is_file():
        return MeaningScorer(chosen, script)
    return LettersScorer(script)


def phrasings(script: Script) -> list[list[str]]:
    """Each answer's, and at the end what is unrelated (never empty, so that every group has a column)."""
    groups = [[plain(question) for question in answer.questions] for answer in script.answers]
    return [*groups, [plain(question) for question in script.unrelated] or ["unrelated"]]


def first_columns(groups: Sequence[Sequence[str]]) -> NDArray[np.intp]:
    """Where each group begins once they stand in one row."""
    return np.cumsum([0, *(len(group) for group in groups[:-1])])


def plain(text: str) -> str:
    """What is compared: recognisers differ in capitals and marks, callers do not speak them."""
    return " ".join(re.sub(r"[^\w\s']", " ", text).casefold().split())
