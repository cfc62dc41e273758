"""Finds the script's answer to what a caller said."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from voicectl_runtime import settings
from voicectl_runtime.orchestrator.script.dialogue import Script
from voicectl_runtime.orchestrator.script.hints import hints_of
from voicectl_runtime.orchestrator.script.scores import Scores, plain, scorer_for

REPLIES: Final = frozenset({"yes", "no"})

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


CLEAR_MARGIN: Final = 0.06
"""By what an answer to words that hints drew towards the script must lead: twice the usual margin, since hints make
wrong answers likelier. How many callers it rescues, and how many it answers wrongly, benchmarks/rehearing.py counts."""


def is_clear(match: Match) -> bool:
    """Whether the answer stands so far from the others that words which may be the hints', or misheard, are enough."""
    return match.answer_id is not None and match.score - match.runner_up >= CLEAR_MARGIN


class Matcher:
    """Compares what was said with every phrasing, in a thread of its own, so that no other call is held up."""

    def __init__(self, chosen: settings.Matcher, script: Script) -> None:
        """Embed the script's questions once; takes 1 to 2 s for 400 phrasings."""
        self._scorer = scorer_for(chosen, script)
        self.engine = self._scorer.engine
        """For health: `meaning`, or `letters` where the model's files are absent."""
        self.hints = hints_of(script)
        """What a recogniser may expect."""
        self._ids = [*(answer.id for answer in script.answers), None]
        self._is_reply = np.array([each in REPLIES for each in self._ids])
        self._exact = {plain(question): answer.id for answer in script.answers for question in answer.questions}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="matcher")

    async def match(self, text: str, *, offered: bool = False) -> Match:
        """The answer to what was said; `yes` and `no` are answers only where something was `offered`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.match_now, text, offered)

    def match_now(self, text: str, offered: bool = False) -> Match:
        """The same, in the calling thread."""
        said = _sentences(text)
        if not said:
            return Match(None, 0.0, 0.0)
        exact = self._exact.get(said[0])
        if exact is not None and (offered or exact not in REPLIES):
            return Match(exact, 1.0, 0.0)
        scores = self._scorer.scores(said)
        return self._choose(scores if offered else np.where(self._is_reply, np.float32(0), scores))

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _choose(self, scores: Scores) -> Match:
        best, second = np.argsort(scores)[::-1][:2]
        score, runner_up = float(scores[best]), float(scores[second])
        clear = score >= self._scorer.threshold and score - runner_up >= self._scorer.margin
        return Match(self._ids[best] if clear else None, score, runner_up)


def _sentences(text: str) -> list[str]:
    """The whole, and each sentence of several: "Hello. I am Jo. When do you open?" asks only one thing."""
    whole = plain(text)
    parts = [plain(part) for part in re.split(r"(?<=[.!?])\s+", text)]
    parts = [part for part in parts if part][-MOST_SENTENCES:]
    return ([whole] if whole else []) + (parts if len(parts) > 1 else [])
