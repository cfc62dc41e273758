"""A job is taken as it is written, or refused."""

from typing import Any

import pytest

from voicectl_runtime.caller.job import JobError, TurnJob, read_job


def test_empty_job_is_one_call_that_listens() -> None:
    """Every key has its default."""
    job = read_job({})

    assert (job.calls, job.turns, job.transcribe) == (1, (), True)


def test_turns_are_read() -> None:
    """Text or WAV, with what is expected."""
    job = read_job({"turns": [{"text": "hello", "expect": None}, {"wav": "/a/b.wav", "interrupt_after_ms": 300}]})

    assert job.turns == (TurnJob(text="hello"), TurnJob(wav="/a/b.wav", interrupt_after_ms=300))
    assert [turn.said for turn in job.turns] == ["hello", "b.wav"]


def test_dealt_turns_reach_exactly_one_call() -> None:
    """Like cards: three calls share seven lines."""
    job = read_job({"calls": 3, "deal_turns": True, "turns": [{"text": str(number)} for number in range(7)]})

    dealt = [turn.text for call in range(3) for turn in job.turns_of(call)]
    assert sorted(dealt, key=str) == [str(number) for number in range(7)]


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"call": 1},
        {"calls": 0},
        {"calls": True},
        {"calls": "1"},
        {"turns": {}},
        {"turns": [{}]},
        {"turns": [{"text": "a", "wav": "b"}]},
        {"turns": [{"text": "a", "other": 1}]},
        {"longest_s": 0},
        {"start_gap_s": -1},
        {"transcribe": 1},
    ],
)
def test_slip_is_refused(document: Any) -> None:
    """Nothing is guessed or converted."""
    with pytest.raises(JobError):
        read_job(document)
