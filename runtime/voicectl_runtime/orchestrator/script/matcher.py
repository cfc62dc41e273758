"""Finds the script's answer to what a caller said: by meaning, or by letters where the model is absent."""

import asyncio
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from voicectl_runtime import settings
from voicectl_runtime.orchestrator.script.dialogue import Script
from voicectl_runtime.orchestrator.script.embedding import Embedder

Scores = NDArray[np.float32]
"""One row a sentence that was said, one column a phrasing; 1 is the same, 0 has nothing in common."""

REPLIES: Final = frozenset({"yes", "no"})

LETTERS_THRESHOLD: Final = 0.8
LETTERS_MARGIN: Final = 0.05
"""Letters lie further apart than meanings, so the settings' figures do not apply to them."""

MOST_SENTENCES: Final = 6
"""A monologue is matched by its last sentences: that is where the question stands."""


@dataclass(frozen=True)
class Match:
    """What the matcher makes of a caller's words."""

    answer_id: str | None
    """None: the script does not cover it, or two answers stand too close to choose."""
    score: float
    runner_up: float
    """The score of the second-best answer."""


class Matcher:
    """Compares what was said with every phrasing, in a thread of its own, so that no other call is held up."""

    def __init__(self, chosen: settings.Matcher, script: Script) -> None:
        """Embed the script's questions once; takes about a second for 300 phrasings."""
        self._ids = [answer.id for answer in script.answers]
        self._phrasings = [_plain(question) for answer in script.answers for question in answer.questions]
        counts = [len(answer.questions) for answer in script.answers]
        self._first_columns = np.cumsum([0, *counts[:-1]])
        self._is_reply = np.array([answer.id in REPLIES for answer in script.answers])
        self._exact = dict(zip(self._phrasings, np.repeat(self._ids, counts).tolist(), strict=True))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="matcher")
        self.engine: Literal["meaning", "letters"] = "letters"
        """For health: by letters the agent understands far less."""
        self._threshold, self._margin = LETTERS_THRESHOLD, LETTERS_MARGIN
        self._compare: Callable[[Sequence[str]], Scores] = self._by_letters
        if chosen.model_file.is_file() and chosen.tokenizer_file.is_file():
            self._embedder = Embedder(chosen.model_file, chosen.tokenizer_file)
            self._known = self._embedder.embed(self._phrasings).T
            self.engine, self._compare = "meaning", self._by_meaning
            self._threshold, self._margin = chosen.threshold, chosen.margin

    async def match(self, text: str, *, offered: bool = False) -> Match:
        """The answer to what was said; `yes` and `no` are answers only where something was `offered`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.match_now, text, offered)

    def match_now(self, text: str, offered: bool = False) -> Match:
        """The same, in the calling thread."""
        said = _sentences(text)
        if not said:
            return Match(None, 0.0, 0.0)
        exact = self._exact.get(_plain(text))
        if exact is not None and (offered or exact not in REPLIES):
            return Match(exact, 1.0, 0.0)
        best = np.maximum.reduceat(self._compare(said), self._first_columns, axis=1).max(axis=0)
        return self._choose(best if offered else np.where(self._is_reply, 0.0, best))

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _choose(self, best: Scores) -> Match:
        order = np.argsort(best)[::-1]
        score = float(best[order[0]])
        runner_up = float(best[order[1]]) if len(order) > 1 else 0.0
        clear = score >= self._threshold and score - runner_up >= self._margin
        return Match(self._ids[order[0]] if clear else None, score, runner_up)

    def _by_meaning(self, said: Sequence[str]) -> Scores:
        return self._embedder.embed(said) @ self._known

    def _by_letters(self, said: Sequence[str]) -> Scores:
        percent: Scores = process.cdist(said, self._phrasings, scorer=fuzz.token_sort_ratio, dtype=np.float32)
        return percent * np.float32(0.01)


def _sentences(text: str) -> list[str]:
    """The whole, and each sentence of several: "Hello. I am Jo. When do you open?" asks only one thing."""
    whole = _plain(text)
    parts = [_plain(part) for part in re.split(r"(?<=[.!?])\s+", text)]
    parts = [part for part in parts if part][-MOST_SENTENCES:]
    return ([whole] if whole else []) + (parts if len(parts) > 1 else [])


def _plain(text: str) -> str:
    """What is compared: recognisers differ in capitals and marks, callers do not speak them."""
    return " ".join(re.sub(r"[^\w\s']", " ", text).casefold().split())
