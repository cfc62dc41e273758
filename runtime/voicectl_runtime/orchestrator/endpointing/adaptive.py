"""Adaptive silence: short after a question that the script answers, long after words that nobody ends with."""

import re
from dataclasses import dataclass
from typing import Final

from voicectl_runtime.orchestrator.endpointing import Known
from voicectl_runtime.orchestrator.endpointing.ending import Ending, ending_of
from voicectl_runtime.orchestrator.endpointing.english import QUESTION_WORDS

OPEN_MS: Final = 1000
"""After "and", "my", "um": callers who search for a word take up to a second."""
DICTATED_MS: Final = 1500
"""Between the groups of a number or of a spelled name, and while a message is dictated."""
STATEMENT_MS: Final = 120
"""More than for a question: who states something goes on more often. By benchmarks/endpointing.py it takes away a fifth
of all false cut-offs and nothing from the median question, but what is misheard as a statement is answered that much
later: p95 491 to 584 ms."""
SHORTEST_STATEMENT: Final = 3
"""Words: fewer are a reply, "yes please"."""


LATEST_QUESTION_WORD: Final = 4
"""Words: "please tell me who ...", but not "I need a dentist who ..."."""
INVERTED: Final = re.compile(
    r"\b(?:(?:am|is|are|was|were|do|does|did|can|could|will|would|shall|should|may)"
    r" (?:i|you|we|they|he|she|it|there|any(?:one|body)|some(?:one|body))|(?:have|has) (?:i|you|we|they|he|she))\b",
    re.IGNORECASE,
)
"""The verb before whom it belongs to."""


@dataclass(frozen=True)
class Adaptive:
    """Reads the words of the speculative recognition; who was cut off once is not hurried again."""

    quick_ms: int
    patient_ms: int

    def stop_ms(self, known: Known) -> int:
        """Words that are not recognised yet get the patience of words that say nothing."""
        if known.is_message:
            return max(DICTATED_MS, self.patient_ms)
        match ending_of(known.words):
            case Ending.DICTATED:
                return max(DICTATED_MS, self.patient_ms)
            case Ending.OPEN | Ending.GREETING:
                return max(OPEN_MS, self.patient_ms)
            case Ending.WHOLE if known.is_covered and not known.was_cut_off:
                return self.quick_ms + _statement_ms(known.words)
            case Ending.WHOLE:
                return self.patient_ms + _statement_ms(known.words)
            case Ending.TRAILING:
                return self.patient_ms


def _statement_ms(text: str) -> int:
    words = text.lower().split()
    return 0 if len(words) < SHORTEST_STATEMENT or _is_question(text, words) else STATEMENT_MS


def _is_question(text: str, words: list[str]) -> bool:
    """By its mark, or by its words: recognisers often take "please tell me do you see children" for a statement."""
    begins = words[:LATEST_QUESTION_WORD]
    return text.rstrip().endswith("?") or not QUESTION_WORDS.isdisjoint(begins) or INVERTED.search(text) is not None
