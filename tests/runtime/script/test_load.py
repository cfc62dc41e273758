"""A script that cannot work is refused in one line that names file, line and key."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voicectl_runtime.orchestrator.script.load import ScriptError, load_script

SMALL = """\
[phrases]
not_understood = "Pardon?"
offer_person = "Shall I put you through to {person}?"
offer_message = "Would you like to leave a message?"
still_there = "Are you there?"
goodbye = "Goodbye."
apology = "Sorry."
nobody_free = "Nobody is free."
take_message = "Please speak."
message_taken = "Thank you."
filler = ["One moment."]

[answers.hours]
questions = ["when are you open", "what are your hours"]
say = "From eight to six at {business}."

[answers.person]
questions = ["a human please"]
say = "One moment."
action = "transfer"
person = "boss"

[answers.yes]
questions = ["yes"]
action = "yes"

[answers.no]
questions = ["no"]
action = "no"
"""

Write = Callable[[str, str], Path]


def test_a_script_is_read(write: Write) -> None:
    """Answers in the file's order, with their questions, actions and people."""
    script = load_script(write("script.toml", SMALL))
    assert [answer.id for answer in script.answers] == ["hours", "person", "yes", "no"]
    assert script.answer("hours").questions == ("when are you open", "what are your hours")
    assert (script.answer("person").action, script.answer("person").person) == ("transfer", "boss")
    assert script.answer("hours").action == "none"
    assert script.phrases.filler == ("One moment.",)
    assert script.unrelated == ()


def test_names_are_filled_in(write: Write) -> None:
    """Before the call, so that every sentence can be spoken in advance."""
    script = load_script(write("script.toml", SMALL)).with_names(business="{name} & Sons", name="Alex", person="Jo")
    assert script.answer("hours").say == "From eight to six at {name} & Sons."
    assert script.phrases.offer_person == "Shall I put you through to Jo?"


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ('say = "From', 'sey = "From', 15, "answers.hours.sey: is not known; did you mean say?"),
        ('say = "From eight to six at {business}."\n', "", 13, "answers.hours.say: is missing"),
        ('["a human please"]', '"a human please"', 18, "answers.person.questions: must be a list"),
        ('["a human please"]', "[]", 18, "answers.person.questions: must be a list"),
        ('["a human please"]', '["a human", ""]', 18, "answers.person.questions: must be a sentence"),
        ('["a human please"]', '["When are you open"]', 18, "belongs to answers.hours too"),
        ('"transfer"', '"transferr"', 20, "answers.person.action: 'transferr' is not one of none, yes,"),
        ('"transfer"', "1", 20, "answers.person.action: 1 is not one of"),
        ('action = "transfer"', 'action = "goodbye"', 21, "answers.person.person: names whom"),
        ('action = "transfer"', 'action = "yes"', 20, "answers.person.action: 'yes': only the answers"),
        ('action = "no"', 'action = "none"', 29, "answers.no.action: 'none': only the answers"),
        ("{business}", "{busines}", 15, "answers.hours.say: {busines} is not one of {business}, {name}, {person}"),
        ("{business}", "{business", 15, "answers.hours.say: expected '}'"),
        ("Pardon?", "Par\\u0007don?", 2, "phrases.not_understood: holds a line break or a control character"),
        ("Pardon?", "Pardon? " * 100, 2, "phrases.not_understood: has 800 characters"),
        ('goodbye = "Goodbye."\n', "", 1, "phrases.goodbye: is missing"),
        ('filler = ["One moment."]', 'filler = ["One moment."]\nfiler = 1', 12, "did you mean filler?"),
        ("[answers.yes]", "[answers.yea]", 25, "answers.yea.action: 'yes': only the answers"),
        ('\n[answers.no]\nquestions = ["no"]\naction = "no"\n', "", 1, "answers.no: is missing"),
        ("[phrases]", "[phrasess]", 1, "phrasess: is not known; did you mean phrases?"),
        ("[phrases]", "answers = 3\n[phrases]", 1, ""),
        ("[answers.hours]", "[answers.hours", 13, ""),
        ("[phrases]", "[unrelated]\nquestion = []\n[phrases]", 2, "unrelated.question: is not known"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(write: Write, old: str, new: str, line: int, problem: str) -> None:
    """The operator goes straight to the line."""
    assert old in SMALL
    path = write("script.toml", SMALL.replace(old, new))
    with pytest.raises(ScriptError) as caught:
        load_script(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    assert problem in message
    if problem:
        assert message.startswith(f"{path}:{line}:")


def test_a_file_that_is_not_there_or_no_text_is_named(write: Write, tmp_path: Path) -> None:
    """One line, no traceback."""
    with pytest.raises(ScriptError, match="nowhere"):
        load_script(tmp_path / "nowhere.toml")
    path = write("script.toml", "")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScriptError, match="script"):
        load_script(path)


@given(st.integers(0, len(SMALL)), st.integers(0, 30), st.text(max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_any_damage_gives_a_script_or_one_line(write: Write, at: int, length: int, text: str) -> None:
    """No file makes the agent fail with anything else."""
    damaged = (SMALL[:at] + text + SMALL[at + length :]).encode(errors="replace").decode()
    try:
        load_script(write("script.toml", damaged))
    except ScriptError as error:
        assert "\n" not in str(error)  # noqa: PT017 - some damage is harmless


def test_keys(write: Write) -> None:
    """Each names an answer; a script without them has none."""
    assert load_script(write("none.toml", SMALL)).keys == {}

    script = load_script(write("script.toml", SMALL + '[keys]\n0 = "person"\n"*" = "hours"\n'))

    assert script.keys == {"0": "person", "*": "hours"}


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ('A = "person"', "keys.A: is not known"),
        ('10 = "person"', "keys.10: is not known"),
        ('0 = "nobody"', "keys.0: 'nobody' is not the name of an answer"),
        ("0 = 7", "keys.0: 7 is not the name of an answer"),
    ],
)
def test_keys_that_mean_nothing(write: Write, keys: str, problem: str) -> None:
    """A key that no telephone has, and an answer that is not there."""
    with pytest.raises(ScriptError, match=re.escape(problem)):
        load_script(write("script.toml", f"{SMALL}[keys]\n{keys}\n"))


NUMBER: Final = """
[answers.number]
questions = ["take my number"]
say = "Type it, please."
action = "digits"
"""


def test_digits(write: Write) -> None:
    """How many, and who is asked with them."""
    more = 'most_digits = 8\nlook_up = "orders"\n'
    answer = load_script(write("script.toml", SMALL + NUMBER + more), {"orders"}).answer("number")
    assert (answer.action, answer.most_digits, answer.look_up) == ("digits", 8, "orders")
    answer = load_script(write("script.toml", SMALL + NUMBER)).answer("number")
    assert (answer.most_digits, answer.look_up) == (20, "")


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("most_digits = 0", "answers.number.most_digits: must be a whole number from 1 to 20"),
        ("most_digits = true", "answers.number.most_digits: must be a whole number from 1 to 20"),
        ('most_digits = "8"', "answers.number.most_digits: must be a whole number from 1 to 20"),
        ('look_up = "other"', "answers.number.look_up: 'other' is no section of"),
        ("look_up = 1", "answers.number.look_up: 1 is no section of"),
        ("look_up = []", "answers.number.look_up: [] is no section of"),
    ],
)
def test_digits_that_cannot_be(write: Write, more: str, problem: str) -> None:
    """The line says where."""
    with pytest.raises(ScriptError, match=re.escape(problem)):
        load_script(write("script.toml", SMALL + NUMBER + more + "\n"), {"orders"})


def test_digits_without_the_action(write: Write) -> None:
    """Somebody forgot `action`."""
    script = SMALL + NUMBER.replace('action = "digits"', "most_digits = 8")
    with pytest.raises(ScriptError, match="stands only beside the action `digits`"):
        load_script(write("script.toml", script))
