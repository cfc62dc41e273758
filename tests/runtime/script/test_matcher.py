"""Which answer a caller gets: the right one, or none."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from voicectl_runtime import settings
from voicectl_runtime.orchestrator.script import dialogue, scores
from voicectl_runtime.orchestrator.script.load import load_script
from voicectl_runtime.orchestrator.script.matcher import Match, Matcher

SCRIPT = load_script(Path(dialogue.__file__).with_name("dental_clinic.toml"))
NOWHERE = settings.Matcher(Path("/nowhere/model.onnx"), Path("/nowhere/tokenizer.json"), 0.48, 0.03)


@pytest.fixture(scope="module")
def letters() -> Iterator[Matcher]:
    """The matcher of a machine without the model."""
    matcher = Matcher(NOWHERE, SCRIPT)
    yield matcher
    matcher.close()


def test_without_the_model_it_matches_letters_and_says_so(letters: Matcher) -> None:
    """The agent goes on with what it has; health tells the operator."""
    assert letters.engine == "letters"
    assert letters.match_now("What are your opening hours, please?").answer_id == "opening_hours"
    assert letters.match_now("The quick brown fox jumps over the lazy dog.").answer_id is None


@pytest.mark.parametrize("text", ["", "  ", "...", "?!", "\n"])
def test_nothing_said_matches_nothing(letters: Matcher, text: str) -> None:
    """Marks are not words."""
    assert letters.match_now(text) == Match(None, 0.0, 0.0)


def test_a_phrasing_of_the_script_is_certain_whatever_its_capitals_and_marks(letters: Matcher) -> None:
    """Recognisers write them as they like."""
    assert letters.match_now("WHERE CAN I PARK?!") == Match("parking", 1.0, 0.0)


def test_yes_and_no_count_only_after_an_offer(letters: Matcher) -> None:
    """A yes to nothing is not an answer."""
    assert letters.match_now("Yes, please.").answer_id is None
    assert letters.match_now("Yes, please.", offered=True).answer_id == "yes"
    assert letters.match_now("No, thanks.", offered=True).answer_id == "no"
    assert letters.match_now("Where can I park?", offered=True).answer_id == "parking"


def test_the_question_is_found_among_other_sentences(letters: Matcher) -> None:
    """Callers say who they are first."""
    said = "Good evening. My name is Maria Gonzales and I live across the river. Do you have parking?"
    assert letters.match_now(said).answer_id == "parking"


def test_what_is_unrelated_wins_over_an_answer(letters: Matcher) -> None:
    """The operator can take a question out of an answer's reach."""
    assert letters.match_now("Tell me a joke!").answer_id is None


async def test_matching_holds_up_nobody(letters: Matcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model run happens in a thread of its own, while the event loop goes on."""
    where: list[threading.Thread] = []

    def slow(_said: list[str]) -> scores.Scores:
        where.append(threading.current_thread())
        return np.zeros(len(SCRIPT.answers) + 1, np.float32)

    monkeypatch.setattr(letters._scorer, "scores", slow)
    assert await letters.match("anything at all") == Match(None, 0.0, 0.0)
    assert where[0] is not threading.current_thread()
