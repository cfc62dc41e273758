"""What a caller typed is written down nowhere but where the script wants it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.orchestrator.digits import Digits
from voicectl_runtime.orchestrator.record import CallRecord, Record

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.fixture
def digits() -> Digits:
    floor: Any = type("Floor", (), {"turn": None, "record": None})
    dialogue: Any = None
    return Digits(floor, dialogue, lambda *_: None, lambda: False)


def test_a_number_that_the_agent_says_before_any_was_typed(digits: Digits) -> None:
    """It is the agent's own."""
    assert digits.masked("Call 5551234.") == "Call 5551234."


@given(st.lists(st.integers(0, 9), min_size=3, max_size=20), st.data())
def test_a_number_however_it_is_said(number: list[int], data: st.DataObject) -> None:
    """As figures, as words, in groups."""
    floor: Any = type("Floor", (), {"turn": None, "record": None})
    dialogue: Any = None
    digits = Digits(floor, dialogue, lambda *_: None, lambda: False)
    digits._were_typed = True
    said = [data.draw(st.sampled_from([str(each), WORDS[each], WORDS[each].title()])) for each in number]
    between = data.draw(st.sampled_from([" ", ", ", "-", ". "]))

    assert digits.masked(f"You typed {between.join(said)}, right?") == "You typed ***, right?"


@pytest.mark.parametrize(
    "text", ["We open at nine.", "Someone is at 12 River Street.", "Bus number seven, in two hours."]
)
def test_what_is_no_number(digits: Digits, text: str) -> None:
    """Hours and streets stay."""
    digits._were_typed = True
    assert digits.masked(text) == text


def test_what_the_record_keeps(tmp_path: Path) -> None:
    """A row with the name of the answer that asked."""
    path = tmp_path / "calls.db"
    with closing(Record(path)) as record:
        CallRecord(record, "a").keep_digits("patient", "4711")
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT call_id, answer_id, typed FROM digits").fetchall()
    assert rows == [("a", "patient", "4711")]
