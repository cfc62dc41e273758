"""An update in the middle of calls: the old orchestrator keeps them, the new one takes the next, nobody is cut off."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.wire.agent import Agent
from tests.wire.inside import Inside, hears_apology
from tests.wire.live_call import LiveCall, calling
from tests.wire.patience import until

pytestmark = [pytest.mark.wire, pytest.mark.timeout(240)]


@pytest.fixture
def inside(agent: Agent) -> Iterator[Inside]:
    """The agent; afterwards one orchestrator is left, and one keeper."""
    inside = Inside(agent)
    inside.wait_until_ready()
    inside.wait_until_quiet()
    yield inside
    inside.wait_until_ready()
    inside.wait_until_quiet()
    until(lambda: len(inside.orchestrators()) == len(inside.keepers()) == 1, 10, "the old orchestrator has ended")


def greeted(call: LiveCall) -> float:
    """The caller hears the agent."""
    return until(lambda: call.voice_after(0.0), 10, "the greeting is heard")


def is_answered(inside: Inside, call: LiveCall) -> None:
    """The agent understands a question, and answers it."""
    until(lambda: call.silent_for_s() > 1.0, 20, "the agent listens")
    call.say("what are your opening hours")
    stopped_s = until(lambda: call.stopped_s, 10, "the question was asked")
    until(lambda: "monday" in inside.said(call.sound_after(stopped_s)), 20, "it was answered", every_s=0.5)


def test_a_deployment_cuts_no_call(inside: Inside) -> None:
    """Three calls live through it and are answered before, meanwhile and afterwards; then the old version ends."""
    old, asterisk = inside.orchestrator(), inside.asterisk()
    assert old
    wishes = inside.agent.config.read_text(encoding="utf-8")
    inside.agent.config.write_text(f"{wishes}\n[calls]\nlongest_s = 1799\n", encoding="utf-8")
    deploying = threading.Thread(target=inside.agent.run, args=("deploy", "--yes"))
    with ExitStack() as stack:
        calls = [stack.enter_context(calling(inside.port)) for _ in range(3)]
        for call in calls:
            greeted(call)

        deploying.start()
        while deploying.is_alive():
            for call in calls:
                is_answered(inside, call)
        for call in calls:
            is_answered(inside, call)

        assert [one.ended_s for one in calls] == [None] * 3
        assert inside.orchestrator() not in {old, None}
        (draining,) = inside.agent.document("status")["draining"]
        assert (draining["pid"], draining["calls"]) == (old, 3)
        with calling(inside.port) as next_call:
            greeted(next_call)
            assert inside.calls() == 1

    rows = [inside.closed_row(call.sip_call_id) for call in calls]
    assert {row["ended_by"] for row in rows} == {"caller"}
    assert {row["owner"] for row in rows} == {f"orchestrator-{old}"}
    until(lambda: not Path(f"/proc/{old}").exists(), 5, "the old orchestrator ends with its last call")
    assert inside.asterisk() == asterisk
    assert inside.agent.document("status")["draining"] == []


def test_a_killed_keeper_cuts_no_call(inside: Inside) -> None:
    """Supervisor starts another keeper with another orchestrator; the call stays where it is."""
    (keeper,) = inside.keepers()
    old = inside.orchestrator()
    with calling(inside.port) as call:
        greeted(call)
        os.kill(keeper, signal.SIGKILL)
        until(lambda: inside.orchestrator() not in {old, None}, 60, "a new orchestrator has the door", every_s=0.1)

        is_answered(inside, call)
        assert call.ended_s is None

    assert inside.closed_row(call.sip_call_id)["ended_by"] == "caller"


def test_an_event_loop_that_stands_still(inside: Inside) -> None:
    """The keeper notices, says where it stood, and kills it: the caller hears the apology, and the phone is back."""
    old = inside.orchestrator()
    assert old
    log = inside.agent.prefix / "log" / "orchestrator.log"
    before = log.stat().st_size
    with calling(inside.port) as call:
        until(lambda: call.silent_for_s() > 1.0, 20, "the greeting is over")
        stood_s = call.voice.spurts[-1].ended_s
        # A process that is stopped does not turn its event loop either; what a blocked one writes down, the unit
        # tests show.
        os.kill(old, signal.SIGSTOP)

        until(partial(call.voice_after, stood_s + 0.5), 5, "a voice is heard", every_s=0.01)
        hears_apology(inside, partial(call.sound_after, stood_s))

    inside.wait_until_ready()
    assert inside.orchestrator() != old
    assert b"event_loop_blocked" in log.read_bytes()[before:]
    assert inside.row(call.sip_call_id)["ended_by"] == "crash"
