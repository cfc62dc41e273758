"""all-MiniLM-L6-v2 with its real weights, on questions that the shipped script does not contain."""

import asyncio
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from voicectl_runtime import settings
from voicectl_runtime.orchestrator.script import dialogue
from voicectl_runtime.orchestrator.script.load import load_script
from voicectl_runtime.orchestrator.script.matcher import Matcher

pytestmark = pytest.mark.wire

SCRIPT = load_script(Path(dialogue.__file__).with_name("dental_clinic.toml"))


@pytest.fixture(scope="module")
def matcher(models_dir: Path) -> Iterator[Matcher]:
    """The matcher as it ships."""
    folder = models_dir / "minilm-l6-v2"
    matcher = Matcher(settings.Matcher(folder / "model.onnx", folder / "tokenizer.json", 0.48, 0.03), SCRIPT)
    assert matcher.engine == "meaning"
    yield matcher
    matcher.close()


@pytest.fixture(scope="module")
def heldout() -> dict[str, dict[str, list[str]]]:
    """Every second question was never looked at while the script was tuned; these are the ones."""
    return tomllib.loads((Path(__file__).parents[1] / "runtime" / "script" / "heldout.toml").read_text())


def test_differently_worded_questions_find_their_answer(
    matcher: Matcher, heldout: dict[str, dict[str, list[str]]]
) -> None:
    """Four of five, and hardly ever a wrong one: none is better than wrong."""
    asked = list(heldout["asked"].items())[1::2]
    found = [(question, right, matcher.match_now(question).answer_id) for question, right in asked]
    wrong = [(question, answer) for question, right, answer in found if answer and answer not in right]
    assert sum(answer in right for _, right, answer in found) >= 0.8 * len(asked)
    assert len(wrong) <= 0.05 * len(asked), wrong


def test_what_the_script_does_not_cover_gets_no_answer(
    matcher: Matcher, heldout: dict[str, dict[str, list[str]]]
) -> None:
    """A caller who asks for a pizza must not be told the opening hours."""
    off_topic = heldout["off_topic"]["questions"]
    assert {question: answer for question in off_topic if (answer := matcher.match_now(question).answer_id)} == {}


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("Yeah, that would be nice.", "yes"),
        ("No, it's fine.", "no"),
        ("Okay, sure.", "yes"),
        ("No, not today.", "no"),
    ],
)
def test_a_reply_is_told_from_its_opposite(matcher: Matcher, reply: str, answer: str) -> None:
    """Yes and no lie close together in meaning; confusing them puts the wrong people through."""
    assert matcher.match_now(reply, offered=True).answer_id in {answer, None}


def test_a_question_takes_a_few_milliseconds(matcher: Matcher) -> None:
    """Padding to the published 128 tokens would take eight times as long."""
    asyncio.run(matcher.match("warm up"))
    began = time.perf_counter()
    for _ in range(20):
        matcher.match_now("Could you tell me when you close today?")
    assert (time.perf_counter() - began) / 20 < 0.05
