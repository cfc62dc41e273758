"""Callers who say nothing, do not stop, or whose line is bad: rows 32, 33 and 35 to 37 of the fault table."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import pytest

from tests.wire.agent import Agent
from tests.wire.bad_lines import told_otherwise
from tests.wire.inside import Inside
from tests.wire.listening import LONGEST_SILENCE_S, ask, listens
from tests.wire.live_call import LiveCall, calling
from tests.wire.network import Network
from tests.wire.patience import until

pytestmark = [pytest.mark.wire, pytest.mark.timeout(120)]

HOURS = "what are your opening hours"
STORY = (
    "well I was walking down the road with my dog this morning and then I saw a man who had a very big hat and he told "
    "me that his brother was building a boat in the garden behind the old school and that he wanted to sail to the sea"
)
LOST = (0.01, 0.03, 0.05, 0.1)
SILENCE_S = 3.0
LONGEST_TURN_S = 5.0
RTP_TIMEOUT_S = 5
# What a machine that is busy with three calls may be late.
LATE_S = 1.0


@pytest.fixture(scope="module")
def inside(agent: Agent) -> Iterator[Inside]:
    """An agent that is less patient, so that the tests are."""
    inside = Inside(agent)
    inside.wait_until_ready()
    inside.wait_until_quiet()

    def hurry(settings: dict[str, Any]) -> None:
        settings["turns"] |= {"silence_ms": int(SILENCE_S * 1000), "longest_turn_ms": int(LONGEST_TURN_S * 1000)}
        settings["agent"] |= {"greeting": "Good morning.", "disclosure": ""}

    with told_otherwise(inside, hurry), _short_rtp_timeout(agent):
        yield inside


@contextmanager
def _short_rtp_timeout(agent: Agent) -> Iterator[None]:
    file = agent.prefix / "etc" / "asterisk" / "pjsip.conf"
    deployed = file.read_text(encoding="utf-8")
    assert "rtp_timeout = 30\n" in deployed
    try:
        file.write_text(deployed.replace("rtp_timeout = 30\n", f"rtp_timeout = {RTP_TIMEOUT_S}\n"), encoding="utf-8")
        agent.asterisk("module reload res_pjsip.so")
        yield
    finally:
        file.write_text(deployed, encoding="utf-8")
        agent.asterisk("module reload res_pjsip.so")


def test_three_callers_who_ask_nothing(inside: Inside) -> None:
    """One is silent, one does not stop, one is cut off; the agent comes to an end with each of them."""
    with ExitStack() as stack:
        silent, talker, gone = (stack.enter_context(calling(inside.port)) for _ in range(3))
        for call in (silent, talker, gone):
            until(partial(call.voice_after, 0.0), 10, "the greeting is heard")
        gone.is_cut_off = True
        listens(talker)
        talker.say(STORY)

        until(lambda: silent.ended_s and gone.ended_s, 30, "two calls are ended", every_s=0.05)
        until(lambda: talker.stopped_s, 20, "the story is told")
    rows = {call: inside.closed_row(call.sip_call_id) for call in (silent, talker, gone)}
    assert [rows[call]["ended_by"] for call in (silent, talker, gone)] == ["silence", "caller", "caller"]
    _is_asked_twice_and_let_go(inside, silent)
    _is_answered_in_the_middle(inside, talker)
    assert gone.ended_s
    last_s = gone.voice.spurts[0].started_s
    assert RTP_TIMEOUT_S - LATE_S < gone.ended_s - last_s < RTP_TIMEOUT_S + LATE_S + 1.0


def _is_asked_twice_and_let_go(inside: Inside, call: LiveCall) -> None:
    """Row 32: after once, twice and three times the silence and a little."""
    greeting, first, second, *goodbye = call.voice.spurts
    asked_s = [first.started_s - greeting.ended_s, second.started_s - greeting.ended_s]
    asked_s.append(goodbye[0].started_s - greeting.ended_s)
    expected_s = [SILENCE_S, 2 * SILENCE_S, 3.125 * SILENCE_S]
    assert asked_s == pytest.approx(expected_s, abs=LATE_S)
    heard = inside.said(call.sound_after(greeting.ended_s))
    assert len(re.findall("still there", heard)) == 2
    assert "goodbye" in heard.replace("good bye", "goodbye")
    assert call.ended_s
    assert call.ended_s - call.voice.spurts[-1].ended_s < LATE_S


def _is_answered_in_the_middle(inside: Inside, call: LiveCall) -> None:
    """Row 33: the monologue is cut, again and again, and the agent speaks while the caller still does."""
    cut, *_ = _events(inside, call, "turn_committed", cut=True)
    began, *_ = _events(inside, call, "first_audio_sent", turn=cut["turn"])
    assert 0 <= began["at_ms"] - cut["at_ms"] <= LONGEST_SILENCE_S * 1000
    assert call.stopped_s
    assert call.voice.spurts[1].started_s < call.stopped_s


def _events(inside: Inside, call: LiveCall, name: str, turn: int | None = None, **detail: object) -> list[Any]:
    rows = inside.rows(
        "SELECT events.* FROM events JOIN calls ON id = call_id WHERE sip_call_id = ? AND name = ? ORDER BY at_ms",
        *(call.sip_call_id, name),
    )
    kept = [row for row in rows if detail.items() <= json.loads(row["detail"]).items()]
    return [row for row in kept if turn in {None, row["turn"]}]


def test_packets_are_lost(inside: Inside) -> None:
    """Row 36: whatever is lost, the calls go on; up to one packet in ten, the question is understood."""
    with ExitStack() as stack, ThreadPoolExecutor(len(LOST)) as threads:
        calls = [stack.enter_context(calling(inside.port, network=Network(lost=lost))) for lost in LOST]
        answers = list(threads.map(partial(ask, inside, question=HOURS), calls))
    assert ["monday" in answer.heard for answer in answers] == [True] * len(LOST)
    assert {inside.closed_row(call.sip_call_id)["ended_by"] for call in calls} == {"caller"}


def test_packets_overtake_each_other(inside: Inside) -> None:
    """Row 37: with up to 60 ms of jitter the question is understood; with 120 ms the words suffer, never the call.

    Asterisk hands packets on as they arrive. Its jitter buffer would put them in order, and cost every caller, on good
    lines too, a quarter of a second before each answer.
    """
    with (
        ThreadPoolExecutor(2) as threads,
        calling(inside.port, network=Network(jitter_s=0.06)) as uneven,
        calling(inside.port, network=Network(jitter_s=0.12)) as worse,
    ):
        understood, _ = threads.map(partial(ask, inside, question=HOURS), (uneven, worse))
    assert "monday" in understood.heard
    assert {inside.closed_row(call.sip_call_id)["ended_by"] for call in (uneven, worse)} == {"caller"}
