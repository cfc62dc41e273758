"""An answer that came too early: taken back, put back or void."""

from typing import Any

import pytest

from tests.runtime.orchestrator.short_phrases import PHRASES
from voicectl_runtime.orchestrator.attempt import Answered
from voicectl_runtime.orchestrator.dialogue import Dialogue, Mood, Reply
from voicectl_runtime.orchestrator.joining import JOINED_WITHIN_MS, Joining
from voicectl_runtime.orchestrator.script.dialogue import Answer, Script
from voicectl_runtime.orchestrator.speech import Speech

TAKING = Mood(is_taking_message=True)
TAKEN = Mood(last_said="It is noted.")


class Record:
    """Counts turns."""

    turn = 3


class Stage:
    """A message that the agent has just thanked for, at 1000 ms."""

    def __init__(self) -> None:
        self.dialogue = Dialogue(Script((Answer("yes", ("yes",), "", "yes"),), PHRASES), (), False, "What else?")  # noqa: FBT003 - positions in order
        self.dialogue.mood = TAKING
        self.record, self.messages = Record(), [("before", b"0")]
        record: Any = self.record
        self.joining = Joining(self.dialogue, record, self.messages)
        self.answered = Answered("Call me.", Reply("It is noted.", "system", TAKEN), Speech(""))
        self.joining.begins(self.answered, b"1", 1000.0)
        self.record.turn, self.dialogue.mood = 4, TAKEN
        self.messages.append(("Call me.", b"1"))


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_taken_back_nothing_is_left_of_it(stage: Stage) -> None:
    """The dialogue, the record and the messages are as before, and the next turn begins with these words."""
    stage.joining.take_back(1000.0 + JOINED_WITHIN_MS)

    assert (stage.dialogue.mood, stage.record.turn, stage.messages) == (TAKING, 3, [("before", b"0")])
    assert stage.joining.before == b"1"


def test_put_back_all_is_as_it_was(stage: Stage) -> None:
    """A cough changes nothing."""
    stage.joining.take_back(1100.0)
    stage.joining.put_back()

    assert (stage.dialogue.mood, stage.record.turn) == (TAKEN, 4)
    assert stage.messages == [("before", b"0"), ("Call me.", b"1")]
    assert stage.joining.before == b""
    assert not stage.joining.join()


def test_joined_the_answer_is_void(stage: Stage) -> None:
    """What the caller said before stays part of the turn until that is answered."""
    stage.joining.take_back(1100.0)

    assert stage.joining.join()
    assert stage.joining.is_void(stage.answered)
    assert stage.joining.before == b"1"
    stage.joining.put_back()
    assert stage.record.turn == 3, "a joined turn cannot be put back"
    stage.joining.begins(Answered("Call me. Today.", stage.answered.reply, Speech("")), b"12", 3000.0)
    assert stage.joining.before == b""


def test_an_answer_that_was_heard_is_interrupted(stage: Stage) -> None:
    """Nothing is taken back."""
    stage.joining.take_back(1001.0 + JOINED_WITHIN_MS)

    assert (stage.dialogue.mood, stage.record.turn, len(stage.messages)) == (TAKEN, 4, 2)
    assert not stage.joining.join()


@pytest.mark.parametrize(
    ("said", "is_assent"),
    [("call me! Yes.", True), ("Call me.", True), ("Call me. Yes, today.", False), ("Cold tea. Yes.", False)],
)
def test_assent_behind_the_words_before(stage: Stage, said: str, is_assent: bool) -> None:
    """Both parts are recognised together; where the first is heard otherwise now, it is no mere assent."""
    stage.joining.take_back(1100.0)

    assert stage.joining.only_assents(said) is is_assent
