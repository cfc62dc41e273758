"""Lines of every service are understood, and none can do anything to the terminal."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl.logs.log_line import LEVELS, parse_line
from voicectl.logs.safe_text import escaped

OURS = {
    "time": "2026-11-23T22:00:00.123+00:00",
    "level": "WARNING",
    "service": "orchestrator",
    "call": "20261123-220000-abcdef",
    "event": "audio_gap",
    "gap_ms": 61,
}


def test_own_line_is_taken_apart() -> None:
    """Time, level, call, event, and the fields beside them; and back to JSON without loss."""
    line = parse_line("orchestrator", json.dumps(OURS))

    assert (line.level, line.call, line.text, line.fields) == ("WARNING", OURS["call"], "audio_gap", {"gap_ms": 61})
    assert line.at == datetime(2026, 11, 23, 22, 0, 0, 123_000, tzinfo=UTC)
    assert line.to_dict() == OURS


@pytest.mark.parametrize(
    ("raw", "level"),
    [
        ("[Nov 23 23:17:02] NOTICE[17322]: res_pjsip/pjsip_distributor.c:688 log_failed_request: x", "NOTICE"),
        ("[Nov 23 23:14:43] \x1b[1;31mERROR\x1b[0m[17296]: loader.c: declined", "ERROR"),
        ('time=2026-11-23T23:14:43.1+01:00 level=WARN source=sched.go:1 msg="slow"', "WARNING"),
        ("2026-11-23 23:14:43,123 CRIT Supervisor is running", "CRITICAL"),
        ("[2026-11-23T23:36:36.958+0000] SECURITY[1052]: res_security_log.c:114 x: SecurityEvent", "NOTICE"),
        ("Asterisk Ready.", "INFO"),
    ],
)
def test_plain_line_shows_its_level(raw: str, level: str) -> None:
    """Asterisk, Ollama and Supervisor each write their own way."""
    line = parse_line("x", raw)

    assert line.level == level
    assert (line.at is None) == (raw == "Asterisk Ready.")


def test_traceback_belongs_to_the_line_before_it() -> None:
    """A line that says nothing of itself has the level and time of the one before."""
    before = parse_line("x", "2026-11-23 23:14:43 ERROR it broke")

    assert (parse_line("x", '  File "a.py", line 1', before).level) == "ERROR"
    assert parse_line("x", '  File "a.py", line 1', before).at == before.at


@given(st.text(max_size=200))
def test_any_line_is_a_line(raw: str) -> None:
    """Nothing that a service writes breaks the reader, and no control character reaches the screen."""
    line = parse_line("x", raw)
    json.dumps(line.to_dict())

    assert line.level in LEVELS
    assert not [c for c in line.to_text() if ord(c) < 32 and c != "\t"]


@pytest.mark.parametrize(
    "odd", ['{"event": 5}', "{", "[1]", '{"event": "x", "level": null, "time": 7, "call": {}}', "{}"]
)
def test_odd_json_is_shown(odd: str) -> None:
    """JSON of another shape is a line like any other."""
    assert parse_line("x", odd).to_text()


@pytest.mark.parametrize("bad", ["\x1b]0;title\x07", "\x1b[2J", "a\nb", "\x9b31m", "\u202etxt", "\x7f", "\r", "\ud800"])
def test_control_characters_are_written_out(bad: str) -> None:
    """A caller's name neither clears the screen nor turns the text around."""
    shown = escaped(f"caller {bad} said")

    assert shown.isascii()
    assert "\\" in shown


def test_plain_text_stays_as_it_is() -> None:
    """Letters of any script, and the tab."""
    assert escaped("Zoë\t李 €5 \\n") == "Zoë\t李 €5 \\n"
