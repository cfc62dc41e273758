"""The example that ships: complete, speakable, and nothing in it is said twice."""

import re
from pathlib import Path

import pytest

from voicectl_runtime.orchestrator.script import dialogue
from voicectl_runtime.orchestrator.script.load import load_script

PATH = Path(dialogue.__file__).with_name("dental_clinic.toml")
SCRIPT = load_script(PATH)
TOPICS = [answer for answer in SCRIPT.answers if answer.id not in {"yes", "no"}]


def test_it_covers_a_reception() -> None:
    """Twenty-five questions at least, with a person, a message, a farewell and a repetition among them."""
    assert len(TOPICS) >= 25
    assert {"transfer", "message", "goodbye", "repeat", "offer"} <= {answer.action for answer in TOPICS}


@pytest.mark.parametrize("answer", TOPICS, ids=lambda answer: answer.id)
def test_every_answer_can_be_found_and_spoken(answer: dialogue.Answer) -> None:
    """Six phrasings or more; one breath of plain words without digits or signs."""
    assert len(answer.questions) >= 6
    assert len(answer.say) <= 125
    assert not re.search(r"[^A-Za-z{} ,.?'-]", answer.say)


def test_its_names_are_all_filled_in() -> None:
    """Nobody hears a brace."""
    script = SCRIPT.with_names(business="Riverside Dental", name="Alex", person="the reception")
    assert "{" not in repr((script.answers, script.phrases))
