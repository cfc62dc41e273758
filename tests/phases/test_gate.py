"""The test call: which question it asks, and what is said about a call that failed."""

from pathlib import Path

import pytest

from tests.phases.fakes import Notes
from voicectl.errors import CallError
from voicectl.paths import RUNTIME
from voicectl.phases import gate
from voicectl.phases.gate import call_the_agent, gate_job, what_went_wrong
from voicectl.render.places import Places

SCRIPT = """
[answers.person]
questions = ["a human please"]
say = "One moment."
action = "transfer"
[answers.name]
questions = ["who are you"]
say = "This is {business}."
[answers.hours]
questions = ["when do you open", "are you open"]
say = "At eight."
"""


def test_asks_what_the_script_answers_plainly(tmp_path: Path) -> None:
    """The first answer that does nothing but speak, and whose words are known beforehand, is asked for."""
    assert gate_job(SCRIPT, tmp_path)["turns"] == [{"text": "when do you open", "expect": "At eight."}]


def test_script_without_a_plain_answer(tmp_path: Path) -> None:
    """A script that only transfers is still called: that somebody answers is then all there is to prove."""
    assert gate_job(SCRIPT[: SCRIPT.index("[answers.name]")], tmp_path)["turns"] == []


def test_shipped_script_has_a_question(tmp_path: Path) -> None:
    """The dental clinic's reception can be tested."""
    script = (RUNTIME / "voicectl_runtime/orchestrator/script/dental_clinic.toml").read_text(encoding="utf-8")

    assert gate_job(script, tmp_path)["turns"]


def test_what_went_wrong() -> None:
    """Whoever reads the error knows whether nobody answered, or what was said instead."""
    turn = {"said": "when", "expected": "At eight.", "heard": "Banana.", "right": False, "lost": None}

    assert what_went_wrong({"answered": False, "status": 503, "reason": "busy"}) == "nobody answered (503 busy)"
    assert "Banana" in what_went_wrong({"answered": True, "turns": [turn]})
    assert "no answer came" in what_went_wrong({"answered": True, "turns": [{**turn, "lost": "no answer came"}]})


@pytest.mark.parametrize("are_written", [True, False])
def test_call_events_are_proved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, are_written: bool) -> None:
    """A call that went well is not enough: Asterisk must have written it down, whatever its configuration says."""
    places = Places(tmp_path, tmp_path / "store")
    for path in (places.script, places.call_events):
        path.parent.mkdir(parents=True)
        path.write_text(SCRIPT, encoding="utf-8")

    def call(*_: object, **__: object) -> dict[str, object]:
        with places.call_events.open("a") as events:
            events.write("CHAN_START\n" if are_written else "")
        return {"ok": True}

    monkeypatch.setattr(gate, "place_call", call)
    if are_written:
        assert call_the_agent(places, tmp_path / "gate", Notes()) == {"ok": True}
        return
    with pytest.raises(CallError, match="E524"):
        call_the_agent(places, tmp_path / "gate", Notes())


@pytest.mark.parametrize("within_s", [60.0, 0.0])
def test_all_lines_are_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, within_s: float) -> None:
    """Callers come first: the test call is tried again, but not for ever."""
    places = Places(tmp_path, tmp_path / "store")
    for path in (places.script, places.call_events):
        path.parent.mkdir(parents=True)
        path.write_text(SCRIPT, encoding="utf-8")
    answers: list[dict[str, object]] = [{"ok": True}, {"status": 486}, {"status": 486}]

    def call(*_: object, **__: object) -> dict[str, object]:
        places.call_events.write_text("more")
        return answers.pop()

    monkeypatch.setattr(gate, "place_call", call)
    monkeypatch.setattr(gate, "_AGAIN_S", 0.0)
    monkeypatch.setattr(gate, "_ALL_LINES_BUSY_S", within_s)
    if within_s:
        assert call_the_agent(places, tmp_path / "gate", Notes()) == {"ok": True}
        return
    with pytest.raises(CallError, match="486"):
        call_the_agent(places, tmp_path / "gate", Notes())
