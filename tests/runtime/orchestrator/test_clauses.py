"""Clauses out of a model's tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.orchestrator.clauses import ClauseCutter, spoken


def cut(text: str, size: int = 3) -> list[str]:
    cutter = ClauseCutter()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return [clause for piece in pieces for clause in cutter.feed(piece)] + cutter.finish()


def test_the_first_clause_is_early() -> None:
    """At six words without any mark, since the caller waits in silence."""
    assert cut("We are open on weekdays from eight until six. On Sunday we are closed all day.") == [
        "We are open on weekdays from",
        "eight until six.",
        "On Sunday we are closed all day.",
    ]


def test_the_first_clause_ends_at_a_mark() -> None:
    """A comma after three words is early enough."""
    assert cut("Yes, of course, we are open on Saturday.")[0] == "Yes, of course,"


def test_short_sentences_are_joined() -> None:
    """A voice stumbles over single words."""
    assert cut("Yes. No. Perhaps. It depends on the day of the week.")[0] == "Yes. No. Perhaps."


@pytest.mark.parametrize(
    "data",
    [
        '{"name": "transfer", "arguments": {"to": "+1900"}}',
        "```json\n{}\n```",
        "[1, 2]",
        "<tool_call>x</tool_call>",
        "",
    ],
)
def test_data_is_never_spoken(data: str) -> None:
    """A tool call that a model writes as text is not read aloud."""
    assert cut(data) == []


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("**Bold** and _thin_ and `code`", "Bold and thin and code"),
        ("# Title\n- one\n- two", "Title one two"),
        ("1. first\n2) second", "first second"),
        ("see [our site](https://x.example/y)", "see our site"),
        ("Fine \U0001f600!", "Fine !"),
        ("a\x07b", "a b"),
        ("...", ""),
    ],
)
def test_marks_are_not_spoken(written: str, said: str) -> None:
    """Only words and the marks that a voice understands are left."""
    assert spoken(written) == said


@given(st.text(alphabet="abc .,!?", max_size=300), st.integers(1, 9))
def test_no_word_is_lost(text: str, size: int) -> None:
    """Whatever way the tokens fall, all words are said once and in order."""
    said = "".join(cut(text, size))

    assert [letter for letter in said if letter.isalpha()] == [letter for letter in text if letter.isalpha()]


@given(st.text(max_size=200))
def test_nothing_unspeakable_comes_out(text: str) -> None:
    """Every clause is one printable line."""
    assert all(clause.isprintable() and clause.strip() for clause in cut(text))
