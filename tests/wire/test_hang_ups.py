"""A caller may hang up in every state of a call: all work ends at once, nothing is left, and the record is closed."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.wire.agent import Agent
from tests.wire.inside import Inside
from tests.wire.live_call import LiveCall, calling
from tests.wire.patience import until, until_moment
from voicectl_runtime.orchestrator.joining import JOINED_WITHIN_MS

pytestmark = [pytest.mark.wire, pytest.mark.timeout(120)]

# The promise, and room for a busy machine: looking at everything alone takes a tenth of a second.
NOTHING_LEFT_S = 0.5 + 1.0
QUESTION = "what are your opening hours"


@pytest.fixture(scope="module")
def inside(agent: Agent) -> Inside:
    """The agent after its first call: what is opened once and kept is open."""
    inside = Inside(agent)
    inside.wait_until_ready()
    with calling(inside.port) as call:
        _answer_begins(inside, call)
    inside.closed_row(call.sip_call_id)
    inside.wait_until_quiet()
    return inside


@pytest.fixture(scope="module")
def descriptors(inside: Inside) -> int:
    """How many the orchestrator has open when there is no call."""
    return inside.descriptors()


@pytest.fixture
def call(inside: Inside) -> Iterator[LiveCall]:
    """A call that has just begun to ring."""
    inside.wait_until_quiet()
    with calling(inside.port) as call:
        yield call


def _rings(inside: Inside, _: LiveCall) -> None:
    until(inside.bridges, 5, "the bridge runs", every_s=0.001)


def _answered(_: Inside, call: LiveCall) -> None:
    until(lambda: call.status, 5, "the call is answered", every_s=0.001)


def _greets(_: Inside, call: LiveCall) -> None:
    until(partial(call.voice_after, 0.0), 5, "the greeting is heard")


def _listens(inside: Inside, call: LiveCall) -> None:
    _greets(inside, call)
    until(lambda: call.silent_for_s() > 1.0, 20, "the greeting is over")


def _hears_caller(inside: Inside, call: LiveCall) -> None:
    _greets(inside, call)
    call.say(QUESTION)
    until(partial(_event, inside, call, "interrupted"), 5, "the caller is heard")


def _recognises(inside: Inside, call: LiveCall) -> None:
    _greets(inside, call)
    call.say(QUESTION)
    stopped_s = until(lambda: call.stopped_s, 10, "the question was asked")
    until_moment(stopped_s + 0.1)


def _commits(inside: Inside, call: LiveCall) -> None:
    _recognises(inside, call)
    until(partial(_event, inside, call, "turn_committed"), 5, "the turn is over", every_s=0.001)


def _makes_answer(inside: Inside, call: LiveCall) -> None:
    _recognises(inside, call)
    until(partial(_event, inside, call, "words_recognised"), 5, "the words are known", every_s=0.001)


def _answer_begins(inside: Inside, call: LiveCall) -> None:
    _recognises(inside, call)
    assert call.stopped_s
    until(partial(call.voice_after, call.stopped_s + 0.05), 10, "the answer is heard", every_s=0.001)


def _takes_message(inside: Inside, call: LiveCall) -> None:
    _greets(inside, call)
    call.say("I would like to leave a message")
    stopped_s = until(lambda: call.stopped_s, 10, "the wish was uttered")
    heard_s = until(partial(call.voice_after, stopped_s + 0.05), 10, "the answer is heard")
    # Who speaks up sooner had not finished: that is no message yet, but more of the wish.
    until_moment(heard_s + (JOINED_WITHIN_MS + 200) / 1000)
    call.say("my name is Ann and I would like to come on Monday morning if that is possible")
    until(lambda: len(_events(inside, call, "interrupted")) > 1, 10, "the message is being taken")
    assert _turns(inside, call)[-1]["answer_id"] == "message"


def _turns(inside: Inside, call: LiveCall) -> list[Any]:
    return inside.rows(
        "SELECT turns.* FROM turns JOIN calls ON id = call_id WHERE sip_call_id = ? ORDER BY number", call.sip_call_id
    )


def _events(inside: Inside, call: LiveCall, name: str) -> list[Any]:
    return inside.rows(
        "SELECT at_ms FROM events JOIN calls ON id = call_id WHERE sip_call_id = ? AND name = ?", call.sip_call_id, name
    )


def _event(inside: Inside, call: LiveCall, name: str) -> bool:
    return bool(_events(inside, call, name))


STATES: dict[str, Callable[[Inside, LiveCall], object]] = {
    "ringing": _rings,
    "just answered": _answered,
    "greeting": _greets,
    "listening": _listens,
    "caller speaking": _hears_caller,
    "recognising": _recognises,
    "turn committed": _commits,
    "answer being made": _makes_answer,
    "agent speaking": _answer_begins,
    "taking a message": _takes_message,
}


@pytest.mark.parametrize("state", STATES)
def test_hanging_up_leaves_nothing(inside: Inside, descriptors: int, call: LiveCall, state: str) -> None:
    """No call, no channel, no bridge, no sound, no descriptor; and the row says that the caller ended it."""
    STATES[state](inside, call)

    call.hang_up()

    until(inside.is_quiet, NOTHING_LEFT_S, "nothing is left")
    until(lambda: inside.descriptors() <= descriptors, NOTHING_LEFT_S, "every descriptor is closed")
    if state == "ringing" and inside.row(call.sip_call_id) is None:
        return  # the orchestrator never heard of it
    ended_by = inside.closed_row(call.sip_call_id, NOTHING_LEFT_S)["ended_by"]
    assert ended_by == "caller" or (ended_by == "cancelled" and state in {"ringing", "just answered"})
    if state in {"answer being made", "agent speaking"}:
        assert "opening" in " ".join(turn["said"].lower() for turn in _turns(inside, call))
