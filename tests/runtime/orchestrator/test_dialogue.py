"""What the agent does with what was said."""

from typing import Final

import pytest

from tests.runtime.orchestrator.short_phrases import PHRASES
from voicectl_runtime.orchestrator.dialogue import Dialogue, Reply
from voicectl_runtime.orchestrator.script.dialogue import Answer, Script
from voicectl_runtime.orchestrator.script.matcher import Match
from voicectl_runtime.settings import Person

ANSWERS: Final = (
    Answer("hours", ("when",), "At nine."),
    Answer("book", ("book",), "Shall I connect you?", "offer", "nurse"),
    Answer("person", ("person",), "I connect you.", "transfer"),
    Answer("message", ("message",), "Leave it now.", "message"),
    Answer("repeat", ("what",), "", "repeat"),
    Answer("goodbye", ("bye",), "Bye.", "goodbye"),
    Answer("yes", ("yes",), "", "yes"),
    Answer("no", ("no",), "", "no"),
)
PEOPLE: Final = (Person("reception", "the reception"), Person("nurse", "the nurse"))


@pytest.fixture
def dialogue() -> Dialogue:
    return Dialogue(
        Script(ANSWERS, PHRASES, keys={"0": "person", "1": "yes"}), PEOPLE, may_improvise=False, question="What else?"
    )


def ask(dialogue: Dialogue, answer_id: str | None, said: str = "words") -> Reply:
    """A turn that is committed."""
    reply = dialogue.decide(said, Match(answer_id, 0.8, 0.1))
    dialogue.mood = reply.mood
    return reply


def test_deciding_remembers_nothing(dialogue: Dialogue) -> None:
    """A speculation that is dropped leaves no trace."""
    before = dialogue.mood
    dialogue.decide("x", Match(None, 0.0, 0.0))

    assert dialogue.mood == before


def test_an_answer_of_the_script(dialogue: Dialogue) -> None:
    """Is said, with where it came from."""
    reply = ask(dialogue, "hours")

    assert (reply.text, reply.source, reply.answer_id, reply.score) == ("At nine.", "script", "hours", 0.8)
    assert reply.then == "listen"


def test_two_misses_offer_a_person(dialogue: Dialogue) -> None:
    """And a yes takes the offer."""
    assert ask(dialogue, None).text == "Pardon?"
    assert ask(dialogue, None).text == "A person?"

    reply = ask(dialogue, "yes")

    assert (reply.text, reply.then, reply.person) == ("One moment.", "transfer", "reception")


def test_an_understood_turn_forgives_a_miss(dialogue: Dialogue) -> None:
    """Only two in a row count."""
    ask(dialogue, None)
    ask(dialogue, "hours")

    assert ask(dialogue, None).text == "Pardon?"


def test_a_no_turns_the_offer_down(dialogue: Dialogue) -> None:
    """The agent asks on, and a later yes means nothing."""
    ask(dialogue, "book")

    assert ask(dialogue, "no").text == "What else?"
    assert dialogue.mood.offered == ""


def test_an_offer_names_its_person(dialogue: Dialogue) -> None:
    """Who is offered is who is reached."""
    ask(dialogue, "book")

    assert ask(dialogue, "yes").person == "nurse"


def test_without_people_a_message_is_offered(dialogue: Dialogue) -> None:
    """And taken down."""
    dialogue.people = ()
    ask(dialogue, None)
    assert ask(dialogue, None).text == "A message?"
    assert ask(dialogue, "yes").text == "Speak."

    reply = ask(dialogue, None, "Call me back.")

    assert (reply.text, reply.takes) == ("It is noted.", "Call me back.")
    assert not dialogue.mood.is_taking_message


def test_a_transfer_to_nobody_takes_a_message(dialogue: Dialogue) -> None:
    """Where the config names no person there is still somebody to write to."""
    dialogue.people = ()

    reply = ask(dialogue, "person")

    assert (reply.text, reply.then) == ("Nobody is free. Speak.", "listen")
    assert dialogue.mood.is_taking_message


def test_a_message_is_taken_whatever_it_says(dialogue: Dialogue) -> None:
    """Words that the script would answer are a message all the same."""
    assert ask(dialogue, "message").text == "Leave it now."
    assert ask(dialogue, "hours", "When do you open?").takes == "When do you open?"


def test_repeat(dialogue: Dialogue) -> None:
    """The last answer again, as often as it takes."""
    ask(dialogue, "hours")

    assert [ask(dialogue, "repeat").text for _ in range(3)] == ["At nine."] * 3


def test_goodbye(dialogue: Dialogue) -> None:
    """Ends the call after the words."""
    assert ask(dialogue, "goodbye").then == "goodbye"


def test_nobody_is_hung_up_on_for_words_that_were_perhaps_misheard(dialogue: Dialogue) -> None:
    """What ended in "by bus" was heard to end in "bye bye"; another answer may stand as near."""
    reply = dialogue.decide("How can I get to you bye, but", Match("goodbye", 0.58, 0.53))

    assert (reply.then, reply.source) == ("listen", "fallback")
    assert dialogue.decide("When do you opal", Match("hours", 0.58, 0.53)).source == "script"


def test_two_failures_reach_a_person(dialogue: Dialogue) -> None:
    """One apology is enough."""
    first = dialogue.failed()
    dialogue.mood = first.mood

    assert (first.text, first.then) == ("Sorry.", "listen")
    assert (dialogue.failed().then, dialogue.failed().person) == ("transfer", "reception")


def test_two_failures_without_a_person_end_the_call(dialogue: Dialogue) -> None:
    """With a goodbye, not with silence."""
    dialogue.people = ()
    dialogue.mood = dialogue.failed().mood

    assert (dialogue.failed().text, dialogue.failed().then) == ("Sorry. Goodbye.", "goodbye")


def test_a_model_answers_what_the_script_does_not() -> None:
    """Only where the operator allows it."""
    dialogue = Dialogue(Script(ANSWERS, PHRASES), PEOPLE, may_improvise=True, question="?")

    assert ask(dialogue, None).source == "model"
    assert ask(dialogue, "hours").source == "script"


def press(dialogue: Dialogue, key: str) -> Reply | None:
    """A key whose answer is heard."""
    if reply := dialogue.press(key):
        dialogue.mood = reply.mood
    return reply


def test_a_key_of_the_script(dialogue: Dialogue) -> None:
    """Is as good as the question; other keys mean nothing."""
    reply = press(dialogue, "0")

    assert reply is not None
    assert (reply.then, reply.person, reply.answer_id) == ("transfer", "reception", "person")
    assert press(dialogue, "5") is None


def test_a_key_for_yes_needs_an_offer(dialogue: Dialogue) -> None:
    """Without one it would accept nothing."""
    assert press(dialogue, "1") is None
    ask(dialogue, "book")

    reply = press(dialogue, "1")

    assert reply is not None
    assert reply.person == "nurse"


def test_a_key_is_no_message(dialogue: Dialogue) -> None:
    """Whoever presses zero instead of leaving a message wants what zero stands for."""
    ask(dialogue, "message")

    reply = press(dialogue, "0")

    assert reply is not None
    assert (reply.takes, reply.then) == ("", "transfer")
