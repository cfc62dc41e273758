"""Rows for calls that no orchestrator ever saw, read from Asterisk's call events."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.orchestrator.test_record import rows
from voicectl_runtime.orchestrator.reconciler import Missed, Reconciler, parse
from voicectl_runtime.orchestrator.record import Record

TIME = "2026-11-23T23:33:43.002293+0000"


def line(kind: str, sip_call_id: str, caller: str = "1555") -> str:
    """What cel_custom.conf makes of an event, to the letter as Asterisk 22.10.1 wrote it."""
    extra = json.dumps({"extra": sip_call_id}, ensure_ascii=False)
    row = [kind, TIME, caller, "full", "PJSIP/sip-trunk-00000001", "1.1", "1.1", extra]
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(row)
    return text.getvalue()


@pytest.fixture
def events(tmp_path: Path) -> Path:
    return tmp_path / "calls.csv"


def kept(record: Record) -> list[tuple[object, ...]]:
    """After everything was written."""
    record.close()
    path = record._path
    return rows(path, "SELECT sip_call_id, caller, ended_by, started = ended FROM calls ORDER BY sip_call_id")


def test_only_calls_that_nobody_took(events: Path, tmp_path: Path) -> None:
    """Busy, failed and refused ones; a call that has a row already keeps it, and nothing is written twice."""
    record = Record(tmp_path / "calls.db")
    record.write_soon("INSERT INTO calls(id, sip_call_id, caller) VALUES('c1', 'taken@host', '1555')")
    text = line("busy", "b@host") + line("failed", "taken@host") + line("ANSWER", "x@host")
    events.write_text(text + line("failed", "a@host"), encoding="utf-8")

    for _ in range(2):
        assert Reconciler(events, record).look(0) == events.stat().st_size

    assert record.read_to("calls.csv") in {0, events.stat().st_size}
    assert kept(record) == [
        ("a@host", "1555", "failed", 1),
        ("b@host", "1555", "busy", 1),
        ("taken@host", "1555", None, None),
    ]


def test_a_line_that_is_still_being_written(events: Path, tmp_path: Path) -> None:
    """It is read when it is whole; a file that was emptied is read from its beginning."""
    record = Record(tmp_path / "calls.db")
    reconciler = Reconciler(events, record)
    assert reconciler.look(0) == 0
    whole, rest = line("busy", "a@host"), line("busy", "b@host")
    events.write_text(whole + rest[:20], encoding="utf-8")
    assert reconciler.look(0) == len(whole)
    events.write_text(whole + rest, encoding="utf-8")
    assert reconciler.look(len(whole)) == len(whole + rest)
    events.write_text(line("busy", "c@host"), encoding="utf-8")
    assert reconciler.look(len(whole + rest)) == len(whole)

    assert [row[0] for row in kept(record)] == ["a@host", "b@host", "c@host"]


@given(st.text(), st.text())
def test_what_a_caller_sends_makes_no_call(caller: str, sip_call_id: str) -> None:
    """Whatever stands in a column stays in it."""
    found = list(parse(line("busy", sip_call_id.replace("\0", ""), caller=caller.replace("\0", ""))))

    assert len(found) <= 1
    assert all(each.kind == "busy" for each in found)


@given(st.text())
def test_any_text_at_all(text: str) -> None:
    """Nothing that stands in the file stops the phone."""
    assert all(isinstance(each, Missed) for each in parse(text))


def test_the_name_of_a_missed_call() -> None:
    """The same each time it is read, and sorted by time with all others."""
    missed = Missed("busy", 1795476823.0, "1555", "a@host")

    assert missed.call_id == Missed("busy", 1795476823.0, "1555", "a@host").call_id
    assert missed.call_id.startswith("20261123-233343-")
