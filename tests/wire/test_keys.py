"""Keys of a caller's telephone, as RFC 4733 events over the real Asterisk."""

import time
from collections.abc import Iterator

import pytest

from tests.wire.agent import Agent
from tests.wire.inside import Inside
from tests.wire.live_call import LiveCall, calling
from tests.wire.patience import until

pytestmark = [pytest.mark.wire, pytest.mark.timeout(120)]


@pytest.fixture
def inside(agent: Agent) -> Iterator[Inside]:
    """The agent; afterwards no trace of a call is left."""
    inside = Inside(agent)
    inside.wait_until_ready()
    yield inside
    inside.wait_until_quiet()


def greeted(call: LiveCall) -> float:
    """The agent speaks."""
    return until(lambda: call.voice_after(0.0), 10, "the greeting is heard")


def quiet(call: LiveCall) -> None:
    """The agent has said what it had to say."""
    until(lambda: call.silent_for_s() > 0.7, 30, "the agent is silent")


def heard(inside: Inside, call: LiveCall, words: str, since_s: float) -> None:
    """The caller hears these words."""
    until(lambda: words in inside.said(call.sound_after(since_s)), 15, f"{words!r} was understood", every_s=0.5)


def test_key_while_the_agent_speaks(inside: Inside) -> None:
    """It stops the greeting, and its answer is given."""
    with calling(inside.port) as call:
        greeted(call)
        pressed_s = call.press("*")
        heard(inside, call, "listening", pressed_s)
    turns = inside.rows(
        "SELECT answer_id, interrupted FROM turns JOIN calls ON call_id = id WHERE sip_call_id = ? ORDER BY number",
        call.sip_call_id,
    )
    assert [turn["answer_id"] for turn in turns] == [None, "message"]
    assert turns[0]["interrupted"]


def test_key_that_means_nothing_while_the_agent_speaks(inside: Inside) -> None:
    """The greeting goes on, and nothing of it is lost."""
    with calling(inside.port) as call:
        greeted(call)
        for key in "777":
            call.press(key)
        quiet(call)
        assert "help you" in inside.said(call.sound_after(0.0))


def test_key_while_the_agent_listens(inside: Inside) -> None:
    """Every one of them is heard: the agent says the same again each time."""
    with calling(inside.port) as call:
        greeted(call)
        quiet(call)
        for _ in range(2):
            pressed_s = call.press("9")
            heard(inside, call, "help you", pressed_s)
            quiet(call)


def test_transfer_by_key(inside: Inside) -> None:
    """Nobody is at the reception's telephone, so the agent comes back and takes a message."""
    with calling(inside.port) as call:
        greeted(call)
        pressed_s = call.press("0")
        heard(inside, call, "nobody is free", pressed_s)
    assert "transfer" in [row["ended_by"] for row in inside.rows("SELECT ended_by FROM calls ORDER BY started")[-2:]]


def test_two_hundred_keys_in_a_second(inside: Inside) -> None:
    """Nobody can press so fast, and nothing comes of it: the call goes on."""
    with calling(inside.port) as call:
        greeted(call)
        for number in range(200):
            call.press("12345678#"[number % 9], length_ms=0)
            time.sleep(0.005)
        quiet(call)
        call.say("where can I park")
        stopped_s = until(lambda: call.stopped_s, 10, "the question was asked")
        heard(inside, call, "parking", stopped_s)
    assert inside.closed_row(call.sip_call_id)["ended_by"] == "caller"
