"""The record of calls is read as it stands, and never changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from voicectl.errors import ServiceError
from voicectl.logs.documents import call_document, calls_document
from voicectl.logs.join_call import join_record
from voicectl.logs.record import Record

Add = Callable[..., None]


def test_calls_come_newest_first_with_their_turns(database: Path, add: Add) -> None:
    """The list's contract: id, caller, started, ended, ended_by, turns; times in ISO-8601."""
    add("calls", id="20231114-221320-aaaaaa")
    add("calls", id="20231114-221420-bbbbbb", started=1_700_000_060.0, ended=None, ended_by=None)
    add("turns", call_id="20231114-221320-aaaaaa", number=1, said="hi", answer="hello", source="script", interrupted=0)

    calls = calls_document(Record(database), 10)["calls"]

    assert [(call["id"][-6:], call["turns"], call["ended_by"]) for call in calls] == [
        ("bbbbbb", 0, None),
        ("aaaaaa", 1, "caller"),
    ]
    assert (calls[1]["started"], calls[0]["ended"]) == ("2023-11-14T22:13:20.000+00:00", None)


def test_one_call_is_a_timeline(database: Path, add: Add) -> None:
    """Each turn's moments count from the caller's last word; events from the first of the call."""
    add("calls", id="x")
    add("turns", call_id="x", number=1, said="hi", answer="hello", source="script", answer_id="greet", interrupted=1)
    for name, at_ms in (("caller_stopped", 5000.0), ("turn_committed", 5200.0), ("first_audio_sent", 5230.5)):
        add("events", call_id="x", turn=1, name=name, at_ms=at_ms, detail='{"a": 1}')

    call = call_document(Record(database), "x")["call"]

    (turn,) = call["turns"]
    assert turn["timeline_ms"] == {"caller_stopped": 0.0, "turn_committed": 200.0, "first_audio_sent": 230.5}
    assert (turn["interrupted"], call["events"][1]["at_ms"], call["events"][1]["detail"]) == (True, 200.0, {"a": 1})


@pytest.mark.parametrize(
    ("asked", "fix"),
    [
        ("20231114-221320-aaaaab", "did you mean 20231114-221320-aaaaaa?"),
        ("zzz", "the latest is 20231114-221320-aaaaaa"),
    ],
)
def test_unknown_call_names_the_nearest(database: Path, add: Add, asked: str, fix: str) -> None:
    """One line, with an id that there is."""
    add("calls", id="20231114-221320-aaaaaa")

    with pytest.raises(ServiceError, match="there is no call") as found:
        Record(database).call(asked)
    assert fix in found.value.fix


def test_missing_record_is_said(tmp_path: Path) -> None:
    """No traceback of SQLite, and no file is made."""
    with pytest.raises(ServiceError, match="no record of calls yet"):
        Record(tmp_path / "calls.db").calls(5)
    assert list(tmp_path.iterdir()) == []


def test_broken_record_is_said(tmp_path: Path) -> None:
    """Bytes that are no database are an error for the operator."""
    (tmp_path / "calls.db").write_bytes(b"not a database at all" * 100)

    with pytest.raises(ServiceError, match="cannot be read"):
        Record(tmp_path / "calls.db").calls(5)


def heard(**turn: object) -> dict[str, Any]:
    times = {"caller_started_at_ms": 4000.0, "caller_stopped_at_ms": 5000.0, "first_audio_heard_at_ms": 5252.0}
    return {"answered": True, "sip_call_id": "abc", "turns": [{**times, "said": "hi", **turn}]}


def test_phone_and_record_make_one_timeline(database: Path, add: Add) -> None:
    """The turn is found by time, whatever its number; the stages add up to what the caller waited."""
    add("calls", id="x")
    add("turns", call_id="x", number=7, said="hi", answer="hello", source="model", interrupted=0)
    add("events", call_id="x", turn=6, name="first_audio_sent", at_ms=3000.0, detail=None)
    moments = {
        "words_recognised": 5150.0,
        "turn_committed": 5200.0,
        "answer_chosen": 5160.0,
        "first_audio_sent": 5240.0,
    }
    for name, at_ms in moments.items():
        add("events", call_id="x", turn=7, name=name, at_ms=at_ms, detail=None)

    document = join_record(heard(), database)

    (turn,) = document["turns"]
    assert (document["call_id"], turn["source"]) == ("x", "model")
    assert turn["timeline_ms"]["words_recognised"] == 150.0
    assert turn["stages_ms"] == {"endpoint": 200.0, "recognise": 0.0, "answer": 0.0, "speech": 40.0, "wire": 12.0}


def test_call_that_came_back_from_a_transfer(database: Path, add: Add) -> None:
    """One call of the phone's is two of the agent's, each with numbers of its own: both are searched."""
    add("calls", id="x", started=1.0)
    add("calls", id="y", started=2.0)
    for call, source, at_ms in (("x", "script", 5240.0), ("y", "model", 9240.0)):
        add("turns", call_id=call, number=1, said="hi", answer="hello", source=source, interrupted=0)
        add("events", call_id=call, turn=1, name="first_audio_sent", at_ms=at_ms, detail=None)
    second = {"caller_started_at_ms": 8000.0, "caller_stopped_at_ms": 9000.0, "first_audio_heard_at_ms": 9252.0}
    phone = heard()

    document = join_record({**phone, "turns": [*phone["turns"], second]}, database)

    assert document["call_id"] == "x"
    assert [turn["source"] for turn in document["turns"]] == ["script", "model"]


def test_turn_without_an_answer_has_no_stages(database: Path, add: Add) -> None:
    """Nothing is made up for a turn that was lost."""
    add("calls", id="x")

    (turn,) = join_record(heard(first_audio_heard_at_ms=None), database)["turns"]
    assert (turn["timeline_ms"], turn["stages_ms"]) == ({}, {})


def test_phone_waits_for_the_agent_to_close_the_call(database: Path, add: Add) -> None:
    """The row may be closed a moment after the phone has hung up; the wait has an end."""
    add("calls", id="x", ended=None)
    slept: list[float] = []

    join_record(heard(), database, sleep=slept.append)

    assert sum(slept) == pytest.approx(3.0, abs=0.11)


def test_call_without_a_record_keeps_its_measurements(tmp_path: Path) -> None:
    """A record that is not there takes nothing away."""
    document = join_record(heard(), tmp_path / "calls.db")

    assert (document["turns"][0]["said"], document["call_id"]) == ("hi", None)
    assert "no record" in document["record"]


def test_a_record_that_is_closed_to_the_user_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder belongs to the agent (root may look everywhere, so the refusal is made)."""

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refuse)

    with pytest.raises(
        ServiceError, match=r"^E542 .*calls.db: the record cannot be read .*Fix: run the command as root"
    ):
        Record(tmp_path / "calls.db").calls(1)
