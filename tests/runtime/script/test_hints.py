"""What is expected of callers, and when words that may be no more than that are believed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.orchestrator.short_phrases import PHRASES
from voicectl_runtime.orchestrator.script import dialogue
from voicectl_runtime.orchestrator.script.dialogue import Answer, Script
from voicectl_runtime.orchestrator.script.hints import MOST_CHARACTERS, hints_of, is_heard
from voicectl_runtime.orchestrator.script.load import load_script
from voicectl_runtime.orchestrator.script.matcher import Match, is_clear
from voicectl_runtime.stt.routes import HINTS

SHIPPED = load_script(Path(dialogue.__file__).with_name("dental_clinic.toml"))


def script(*questions: tuple[str, ...]) -> Script:
    """An answer for each."""
    answers = [Answer(f"a{number}", each, "Well.") for number, each in enumerate(questions)]
    return Script((*answers, Answer("yes", ("certainly",), "", "yes"), Answer("no", ("never",), "", "no")), PHRASES)


def test_each_answer_gives_the_words_that_are_most_its_own() -> None:
    """What every answer's questions hold says nothing; a yes is not to be expected."""
    asked = script(("where is the root canal", "root canal where"), ("where do I park", "where is somewhere to park"))

    assert hints_of(asked) == "root canal, park"


def test_words_are_given_once_and_an_answer_may_have_none() -> None:
    """Two answers of the same words, and one of words that are everybody's."""
    assert hints_of(script(("braces",), ("braces",), ("me", "who"))) == "braces"


def test_the_shipped_script_gives_what_callers_ask_for() -> None:
    """Most of its answers have words of their own."""
    hints = hints_of(SHIPPED).split(", ")

    assert {"root canal", "have wheelchair", "teeth whitening", "dental records"} <= set(hints)
    assert len(hints) > 40


@given(st.lists(st.lists(st.text(min_size=1), min_size=1).map(tuple), max_size=200))
def test_whatever_a_script_holds_the_recogniser_takes_its_hints(questions: list[tuple[str, ...]]) -> None:
    """Also a script of a thousand answers in another alphabet."""
    hints = hints_of(script(*questions))

    assert len(hints) <= MOST_CHARACTERS
    assert HINTS.fullmatch(hints)


def test_a_long_script_gives_whole_words() -> None:
    """As many as there is room for."""
    words = ["abcd" + "e" * number for number in range(60)]

    assert set(hints_of(script(*((each,) for each in words))).split(", ")) < set(words)


@pytest.mark.parametrize(
    ("text", "avg_logprob", "first", "heard"),
    [
        ("my wisdom teeth need to be taken out", -0.3, "Mine was the least need to be taken out.", True),
        ("is there a parking lot?", -0.3, "Is there a power king lot?", True),
        ("is there a parking lot?", -1.1, "Is there a power king lot?", False),
        ("hello, hello, hello, hello, hello", -0.3, "Hello.", False),
        ("sing me a song, sing me a song", -0.1, "Sing me a song.", False),
        ("braces, implants, root, wisdom, gums", -0.5, "Do you whiten tea?", False),
        ("root", -0.1, "Can I lie on?", False),
        ("", 0.0, "Can I lie on?", False),
    ],
)
def test_only_what_sounds_like_the_first_hearing_is_believed(
    text: str, avg_logprob: float, first: str, heard: bool
) -> None:
    """Neither guesses nor loops nor the hints themselves."""
    assert is_heard(text, avg_logprob, first) is heard


@pytest.mark.parametrize(
    ("match", "clear"),
    [
        (Match("parking", 1.0, 0.0), True),
        (Match("parking", 0.6, 0.53), True),
        (Match("parking", 0.6, 0.55), False),
        (Match(None, 0.4, 0.1), False),
    ],
)
def test_an_answer_to_hinted_words_must_stand_alone(match: Match, clear: bool) -> None:
    """Further from the next one than an answer to words that nobody suggested."""
    assert is_clear(match) is clear
