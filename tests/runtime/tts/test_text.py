"""What may be spoken, and where it is cut."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.tts.text import LONGEST_CHARACTERS, TextError, pieces, speakable


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n ",
        "...",
        "x" * (LONGEST_CHARACTERS + 1),
        "bell \x07",
        "null \x00",
        "escape \x1b[31m",
        "right to left \u202e",
        "half \ud83d",
        "<speak>hello</speak>",
        "<!-- hello -->",
        "</p> hello",
    ],
)
def test_what_nobody_speaks_is_refused(text: str) -> None:
    """Nothing, far too much, control and bidi characters, markup."""
    with pytest.raises(TextError):
        speakable(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Hello.\n\tHow are you?", "Hello. How are you?"),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
        ("Call [[h@loU]] now", "Call   h@loU   now"),
        ("Café für Žofie, 10 € 😀", "Café für Žofie, 10 € 😀"),
    ],
)
def test_plain_text_of_any_language_is_spoken(text: str, line: str) -> None:
    """On one line, and never as raw phonemes."""
    assert speakable(text) == line


@given(st.text(max_size=300))
def test_whatever_is_sent_is_one_safe_line_or_refused(text: str) -> None:
    """No control character and no phoneme bracket reaches the engine."""
    try:
        line = speakable(text)
    except TextError:
        return
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in line)
    assert "[[" not in line
    assert "\n" not in line
    assert pieces(line)


@pytest.mark.parametrize(
    ("line", "cut"),
    [
        ("Hello.", ["Hello."]),
        ("Hello. How are you? Fine!", ["Hello.", "How are you?", "Fine!"]),
        ("Dr. Smith is in. Go!", ["Dr. Smith is in.", "Go!"]),
        ("It costs 4.50 dollars.", ["It costs 4.50 dollars."]),
        ("Wait... what?", ["Wait...", "what?"]),
        ("Hello. !", ["Hello. !"]),
    ],
)
def test_it_is_cut_at_sentences(line: str, cut: list[str]) -> None:
    """And nowhere else, as long as the first one is short."""
    assert pieces(line) == cut


def test_a_long_first_sentence_begins_with_its_first_clause() -> None:
    """The caller hears something while the rest is made; a later one stays whole, since nobody waits for it."""
    long = (
        "Before you come to us for the first time, please call " + "the office of your old dentist, and " * 8 + "ask."
    )
    assert pieces(f"{long} {long}") == ["Before you come to us for the first time,", long.split(", ", 1)[1], long]


def test_a_first_clause_is_not_a_single_word() -> None:
    """A start of half a second would end before the rest is ready."""
    line = "Yes, we are happy to take new patients at any time, " + "and the first visit takes about forty minutes " * 6
    assert pieces(line)[0] == "Yes, we are happy to take new patients at any time,"


def test_a_sentence_of_common_length_is_spoken_as_a_whole() -> None:
    """A cut costs the voice its melody."""
    line = "We are open Monday to Friday, from eight in the morning until six in the evening, and on Saturday."
    assert pieces(line) == [line]


@given(st.lists(st.text("ab, .!?", min_size=1, max_size=60), min_size=1, max_size=5).map(" ".join))
def test_no_word_is_lost(line: str) -> None:
    """All pieces together say what was to be said."""
    line = " ".join(line.split())
    if line.strip(" .,!?"):
        assert "".join(pieces(line)).replace(" ", "") == line.replace(" ", "")
