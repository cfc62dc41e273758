"""`voicectl call`: what is asked of the phone, and how its answer is told."""

from pathlib import Path
from typing import Any

import pytest

from voicectl.cli.call_job import job_of_call, problem_of
from voicectl.cli.call_picture import picture_of_call
from voicectl.errors import UsageError


def job(*texts: str, expect: tuple[str, ...] = (), after: int | None = None, out: Path | None = None) -> dict[str, Any]:
    return job_of_call(texts, (), expect, interrupt_after_ms=after, out=out)


def test_expectations_follow_the_lines(tmp_path: Path) -> None:
    """The first belongs to the first line; an empty one asks for nothing; the last line interrupts."""
    made = job("a", "b", "c", expect=("x", ""), after=500, out=tmp_path)

    assert made["turns"] == [
        {"text": "a", "expect": "x"},
        {"text": "b", "expect": None},
        {"text": "c", "interrupt_after_ms": 500},
    ]
    assert made["recordings"] == str(tmp_path)


@pytest.mark.parametrize(
    ("texts", "wav", "expect", "after"),
    [
        ((), (), ("x",), None),
        (("a",), (), ("x", "y"), None),
        ((), (), (), 5),
        ((), (Path("no.wav"),), (), None),
        (("a",), (), ("re:(",), None),
        (("a",), (), (f"re:{'(' * 9000}",), None),
        (("a", "\n"), (), (), None),
        (("?!",), (), (), None),
        (("a" * 301,), (), (), None),
    ],
)
def test_impossible_wishes_are_refused(texts: Any, wav: Any, expect: Any, after: Any) -> None:
    """An expectation without a line, an interruption with nothing to say, a recording that is not there.

    Nor what no caller can say, nor what is no regular expression; nobody is called to find that out.
    """
    with pytest.raises(UsageError):
        job_of_call(texts, wav, expect, interrupt_after_ms=after, out=Path())


def turn(**more: Any) -> dict[str, Any]:
    return {
        "number": 1,
        "said": "are you open",
        "heard": "Yes we are.",
        "expected": None,
        "right": None,
        "voice_to_voice_ms": 228.0,
        "agent_audio_ms": 900.0,
        "interrupted": False,
        "interrupt_stop_ms": None,
        "lost": None,
        "timeline_ms": {"caller_stopped": 0.0, "words_recognised": 120.0, "turn_committed": 200.0},
        **more,
    }


def document(*turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "ok": True,
        "answered": True,
        "sip_call_id": "abc",
        "call_id": "20261123-220000-abcdef",
        "codec": "PCMU",
        "lasted_ms": 12_000.0,
        "ended_by": "caller",
        "recording": "/tmp/x.wav",  # noqa: S108 - a name, not a file
        "greeting": {"heard": "Hello.", "lost": None},
        "turns": list(turns),
        **more,
    }


def test_right_call_has_no_problem() -> None:
    """Exit 0."""
    assert problem_of(document(turn())) is None


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"ok": False, "answered": False, "status": 486, "reason": "Busy Here"}, "not answered: 486 Busy Here"),
        ({"ok": False, "answered": False, "status": None, "reason": "nobody listens"}, "not answered: nobody listens"),
        (document(turn(expected="No.", right=False), ok=False), "should have said “No.”, but said “Yes we are.”"),
        (document(turn(agent_audio_ms=None, lost="no answer came"), ok=False), "nothing was heard: no answer came"),
        (document(turn(), ok=False, reason="stt-service does not answer"), "stt-service does not answer"),
    ],
)
def test_wrong_call_is_told_in_one_line(told: dict[str, Any], says: str) -> None:
    """What was asked, what was expected, what came."""
    problem = problem_of(told)

    assert problem is not None
    assert says in str(problem)
    assert "\n" not in str(problem)


def test_picture_has_the_words_beside_the_times() -> None:
    """Moments in the order of time, the verdict, the recording, and where to read on."""
    picture = picture_of_call(document(turn(expected="yes", right=True))).plain

    lines = picture.splitlines()
    assert any(line.startswith("caller  are you open") and "caller stopped" in line for line in lines)
    assert picture.index("words recognised") < picture.index("turn committed")
    assert "as expected" in picture
    assert "/tmp/x.wav" in picture  # noqa: S108 - the same
    assert "voicectl logs --call 20261123-220000-abcdef" in picture


def test_words_of_others_cannot_reach_the_terminal() -> None:
    """What a recogniser or a person wrote is shown with its control characters written out."""
    picture = picture_of_call(document(turn(heard="\x1b[2Jgone", said="a\x07b"))).plain

    assert "\x1b" not in picture
    assert "\\x1b[2Jgone" in picture


def test_unanswered_call_is_pictured_by_its_reason() -> None:
    """Nothing else is known of it."""
    assert "503 overloaded" in picture_of_call({"answered": False, "reason": "503 overloaded"}).plain
