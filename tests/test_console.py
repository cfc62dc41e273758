"""Two streams: the result on stdout, the conversation on stderr; the same document as text and as JSON."""

import json

import pytest

from voicectl.console import Screen
from voicectl.errors import ConfigError

Capture = pytest.CaptureFixture[str]
ERROR = ConfigError("E202", "voicectl.toml:1 a", "unknown key ('é\n\x1b[2J')", fix="did you mean b?")


def test_streams_are_kept_apart(capsys: Capture) -> None:
    """A pipe gets the result alone."""
    Screen().say("working")
    Screen().show("voicectl.x/1", {"ok": True}, lambda: "picture")

    assert capsys.readouterr() == ("picture\n", "working\n")


def test_json_is_the_document(capsys: Capture) -> None:
    """With --json the picture is not even drawn."""
    Screen(json=True).show("voicectl.x/1", {"ok": True, "n": "é"}, lambda: 1 / 0)  # type: ignore[arg-type,return-value]  # never called

    assert json.loads(capsys.readouterr().out) == {"schema": "voicectl.x/1", "ok": True, "n": "é"}


@pytest.mark.parametrize("as_json", [True, False])
def test_failure_is_one_line(as_json: bool, capsys: Capture) -> None:
    """Whatever the value holds, it cannot break the line or steer the terminal; the document keeps it."""
    Screen(json=as_json).fail("voicectl.x/1", ERROR)

    out, err = capsys.readouterr()
    assert err == r"E202 voicectl.toml:1 a: unknown key ('é\n\x1b[2J'). Fix: did you mean b?" + "\n"
    assert (json.loads(out)["error"] == ERROR.to_dict()) if as_json else (out == "")


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_in_a_pipe(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """What is not a terminal gets plain text in whole lines, and brackets are text."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    Screen().say(f"[bold]{'x' * 200}")

    assert capsys.readouterr().err == f"[bold]{'x' * 200}\n"


def test_a_screen_of_no_width_is_printed_on(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """COLUMNS=0 is what some containers and serial lines say; nothing at all would be printed."""
    monkeypatch.setenv("COLUMNS", "0")

    Screen().say("working")
    Screen().show("voicectl.x/1", {"ok": True}, lambda: "picture")

    assert capsys.readouterr() == ("picture\n", "working\n")
