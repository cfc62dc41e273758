"""A caller speaks over the agent: on a real line, with a real voice, on an echo that the line gives back."""

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.wire.agent import Agent
from tests.wire.inside import Inside
from tests.wire.live_call import MICRO_LAW, LiveCall, calling
from tests.wire.patience import until, until_moment
from voicectl_runtime.caller.line import line_of_text

pytestmark = [pytest.mark.wire, pytest.mark.timeout(300)]

FRAME = 160


@pytest.fixture(scope="module")
def inside(agent: Agent) -> Inside:
    """The agent's own side of every call."""
    return Inside(agent)


def events(inside: Inside, call: LiveCall) -> list[str]:
    """What the timeline has of a call so far."""
    of_call = "(SELECT id FROM calls WHERE sip_call_id = ?)"
    found = inside.rows(f"SELECT name FROM events WHERE call_id = {of_call} ORDER BY at_ms", call.sip_call_id)  # noqa: S608 - no value in it
    return [event["name"] for event in found]


def until_said(inside: Inside, call: LiveCall, times: int = 1) -> None:
    """The agent has said so many things to their end."""
    until(lambda: events(inside, call).count("speech_finished") >= times, 15, "the agent has finished")


def test_assent_takes_nothing_from_the_greeting(inside: Inside) -> None:
    """The agent falls silent for each word, and goes on between two packets: what was heard is what was recorded."""
    with calling(inside.port) as call:
        began_s = until(lambda: call.voice_after(0.0), 5, "the greeting")
        for at_s, word in ((0.7, "okay"), (2.9, "yes")):
            until_moment(began_s + at_s)
            call.say(word)
        until_said(inside, call)
        heard = np.frombuffer(call.sound_after(0.0), "<i2")

    assert [events(inside, call).count(name) for name in ("yielded", "went_on", "interrupted")] == [2, 2, 0]
    lost, repeated = difference(heard, greeting(inside, heard))
    assert lost == 0
    assert repeated <= 4, "at each stop one frame or two are heard twice"


@pytest.mark.parametrize("echo", [(-20, 80), (-12, 200)])
def test_an_echo_does_not_interrupt_and_a_caller_over_it_does(inside: Inside, echo: tuple[float, int]) -> None:
    """The line gives the agent's own voice back, fainter and later."""
    with calling(inside.port, echo=echo) as call:
        until_said(inside, call)
        assert "yielded" not in events(inside, call)
        call.say("what are your opening hours")
        until(lambda: events(inside, call).count("first_audio_sent") > 1, 10, "the answer")
        until_moment(time.monotonic() + 1)  # who goes on sooner had not finished
        call.say("how much does a cleaning cost")
        until_said(inside, call, 3)
        until_moment(time.monotonic() + 0.2)  # the row follows the words

    row = inside.closed_row(call.sip_call_id)
    turns = inside.rows("SELECT said, interrupted FROM turns WHERE call_id = ? ORDER BY number", row["id"])
    assert [turn["interrupted"] for turn in turns] == [0, 1, 0]
    assert "cleaning" in turns[-1]["said"].lower()
    assert events(inside, call).count("interrupted") == 1


def test_who_goes_on_into_the_first_word_of_the_answer_is_answered_once(inside: Inside) -> None:
    """What the caller said before and after is one turn: one recognition, one row, one answer, to the whole."""
    more = "or how much does a cleaning cost"
    line_of_text(more)  # spoken by heart: who first had to synthesise it would interrupt
    with calling(inside.port) as call:
        until_said(inside, call)
        call.say("when do you open")
        asked_s = until(lambda: call.stopped_s, 5, "the question")
        until(lambda: call.voice_after(asked_s), 5, "the answer")
        call.say(more)
        until_said(inside, call, 3)
        until_moment(time.monotonic() + 0.2)  # the row follows the words

    row = inside.closed_row(call.sip_call_id)
    turns = inside.rows("SELECT said, interrupted FROM turns WHERE call_id = ? ORDER BY number", row["id"])
    assert [turn["interrupted"] for turn in turns] == [0, 0]
    assert "open" in turns[-1]["said"].lower()
    assert "cleaning" in turns[-1]["said"].lower()
    assert [events(inside, call).count(name) for name in ("joined", "interrupted")] == [1, 0]


def greeting(inside: Inside, heard: np.ndarray) -> np.ndarray:
    """The kept phrase that begins as what was heard."""
    folder = Path(inside.settings["paths"]["prompts"], "cache")
    phrases = [np.frombuffer(path.read_bytes(), "<i2") for path in folder.glob("*.sln")]
    return next(phrase for phrase in phrases if same(heard[: 20 * FRAME], phrase[: 20 * FRAME]))


def difference(heard: np.ndarray, played: np.ndarray) -> tuple[int, int]:
    """How many frames of what was played were lost, and how many were heard twice."""
    at = lost = repeated = 0
    for begin, end in pairwise(range(0, len(heard) // FRAME * FRAME + 1, FRAME)):
        here = (0, -FRAME, -2 * FRAME, FRAME, 2 * FRAME)
        step = next((step for step in here if same(heard[begin:end], played[at + step : at + step + FRAME])), None)
        assert step is not None, f"something else was heard after {at / 8:.0f} ms"
        lost, repeated = lost + max(0, step) // FRAME, repeated + max(0, -step) // FRAME
        at += step + FRAME
    return lost + max(0, len(played) - at) // FRAME, repeated


def same(heard: np.ndarray, played: np.ndarray) -> bool:
    """Whether it is the same sound, up to what the codec takes from it."""
    coded = MICRO_LAW.decode(MICRO_LAW.encode(played.astype(np.int16))).astype(float)
    return len(heard) == len(coded) and np.abs(heard - coded).mean() <= 10 + 0.05 * np.abs(coded).mean()
