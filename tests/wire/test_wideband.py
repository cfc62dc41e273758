"""A caller who has G.722 is heard and answered in wideband; everybody else as before."""

import re

import pytest

from tests.wire.agent import Agent
from tests.wire.inside import Inside
from tests.wire.live_call import EVENTS, LiveCall
from tests.wire.other_codecs import ALawCall, WideCall, above_telephone, calling_with
from tests.wire.patience import until

pytestmark = [pytest.mark.wire, pytest.mark.timeout(300)]

QUESTION = "what are your opening hours"


@pytest.fixture(scope="module")
def inside(agent: Agent) -> Inside:
    """The agent's own side of every call."""
    return Inside(agent)


def formats(inside: Inside) -> dict[str, str]:
    """What Asterisk hands to the agent and takes from it, in the only call there is."""
    (channel,) = re.findall(
        r"^(PJSIP/\S+)", inside.agent.asterisk("core show channels concise").replace("!", " "), re.MULTILINE
    )
    shown = inside.agent.asterisk(f"core show channel {channel}")
    return dict(re.findall(r"(NativeFormats|WriteFormat|ReadFormat): +(\S+)", shown))


def names(inside: Inside, call: LiveCall) -> list[str]:
    """What the timeline has of a call so far."""
    of_call = "(SELECT id FROM calls WHERE sip_call_id = ?)"
    found = inside.rows(f"SELECT name FROM events WHERE call_id = {of_call} ORDER BY at_ms", call.sip_call_id)  # noqa: S608 - no value in it
    return [event["name"] for event in found]


def answer(inside: Inside, call: LiveCall) -> tuple[dict[str, str], bytes]:
    """Ask once the greeting is over; what was heard from then on, and in which formats."""
    until(lambda: "speech_finished" in names(inside, call), 15, "the greeting is over")
    call.say(QUESTION)
    asked_s = until(lambda: call.stopped_s, 10, "the question is asked")
    until(lambda: call.voice_after(asked_s), 10, "the answer")
    found = formats(inside)
    until(lambda: names(inside, call).count("speech_finished") > 1, 15, "the answer is over")
    return found, call.sound_after(asked_s)


def said(inside: Inside, call: LiveCall) -> list[str]:
    """The caller's turns, as they were understood."""
    row = inside.closed_row(call.sip_call_id)
    return [each["said"].lower() for each in inside.rows("SELECT said FROM turns WHERE call_id = ?", row["id"])]


def test_wideband_both_ways_and_narrowband_after_it(inside: Inside) -> None:
    """What the caller says reaches the agent as 16 kHz, and the answer has what no 8 kHz could carry."""
    with calling_with(WideCall, inside.port) as wide:
        found, heard = answer(inside, wide)
    assert wide.agreed == [9, EVENTS], "another codec behind it would let the caller change to that"
    assert (found["ReadFormat"], found["WriteFormat"]) == ("slin16", "slin16")
    assert "opening" in said(inside, wide)[-1]
    assert above_telephone(heard) > 0.001

    with calling_with(LiveCall, inside.port) as narrow:
        found, heard = answer(inside, narrow)
    assert (found["ReadFormat"], found["WriteFormat"]) == ("slin", "slin")
    assert "opening" in said(inside, narrow)[-1]
    assert "monday" in inside.said(heard)


def test_a_caller_in_wideband_interrupts(inside: Inside) -> None:
    """The agent falls silent for it, and answers what was said."""
    with calling_with(WideCall, inside.port) as call:
        until(lambda: call.voice_after(0.0), 10, "the greeting")
        call.say("how much does a cleaning cost")
        until(lambda: "interrupted" in names(inside, call), 10, "the agent is interrupted")
        until(lambda: names(inside, call).count("speech_finished") > 1, 15, "the answer is over")

    assert "cleaning" in said(inside, call)[-1]


def test_a_trunk_that_has_a_law_alone(inside: Inside) -> None:
    """Gets a narrowband call, as from any agent."""
    with calling_with(ALawCall, inside.port) as call:
        found, heard = answer(inside, call)

    assert (found["ReadFormat"], found["WriteFormat"]) == ("slin", "slin")
    assert "opening" in said(inside, call)[-1]
    assert "monday" in inside.said(heard)
