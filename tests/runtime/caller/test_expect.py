"""What the agent should have said is found in what was heard, with room for the recogniser's slips."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.caller.errors import PhoneError
from voicectl_runtime.caller.expect import is_right, similarity, words

HOURS = "We are open Monday to Friday, from eight in the morning until six in the evening."


@pytest.mark.parametrize(
    ("expected", "heard", "right"),
    [
        (HOURS, HOURS, True),
        (HOURS, "we're open Monday to Friday from 8 in the morning until 6 in the evening", True),
        (HOURS, "Yes. " + HOURS + " Anything else?", True),
        (HOURS, "Monday to Friday", False),
        (HOURS, "The dentist is at 5 Main Street, in the morning and in the evening.", False),
        (HOURS, "", False),
        ("Goodbye", "Goodbye.", True),
        ("Goodbye", "Hello.", False),
        ("at nine", "at 9:00", True),
        ("re:open .* friday", "We are OPEN Monday to Friday", True),
        ("re:closed", "We are open", False),
        ("", "anything", True),
    ],
)
def test_verdict(expected: Any, heard: Any, right: Any) -> None:
    """Seven words in ten, in their order; numbers as words or digits."""
    assert is_right(expected, heard) is right


@given(st.text(max_size=80), st.text(max_size=80))
def test_similarity_is_a_part_of_the_whole(expected: Any, heard: Any) -> None:
    """Between nothing and everything, and everything against itself."""
    assert 0.0 <= similarity(expected, heard) <= 1.0
    assert similarity(expected, expected) == 1.0


def test_words_are_plain() -> None:
    """Case, punctuation and the ways of writing a number do not matter."""
    assert words("It's 9:00 a.m., twenty-one!") == ["its", "9", "am", "20", "1"]


def test_broken_pattern_is_said() -> None:
    """Not a traceback of the regular expression engine."""
    with pytest.raises(PhoneError, match="not a regular expression"):
        is_right("re:(", "x")
