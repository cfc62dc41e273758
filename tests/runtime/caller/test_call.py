"""The phone against a scripted agent: real packets on 127.0.0.1, every way that a call can go."""

import asyncio
import wave
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.runtime.caller.fake_agent import FakeAgent, FakeVoice, is_proved
from voicectl_runtime.caller.call import Call
from voicectl_runtime.caller.conversation import HUNG_UP, NOT_ANSWERED
from voicectl_runtime.caller.line import Line, line_of_file
from voicectl_runtime.caller.schedule import Beat
from voicectl_runtime.caller.sip.dialog import Dialog
from voicectl_runtime.caller.sip.digest import Credentials
from voicectl_runtime.caller.sip.endpoint import Endpoint
from voicectl_runtime.caller.sip.reply import reply_to
from voicectl_runtime.caller.sip.session import Session

FRAME_MS = 20
DELAY_FRAMES = 15


@pytest.fixture
def line(tmp_path: Path) -> Any:
    """A quarter of a second of tone."""
    samples = (np.sin(np.arange(4000) * 2 * np.pi * 300 / 16_000) * 9000).astype("<i2")
    with wave.open(str(tmp_path / "line.wav"), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(samples.tobytes())
    return line_of_file(tmp_path / "line.wav")


@asynccontextmanager
async def called(script: Any, lines: Any, *, ring_s: float = 5.0) -> Any:
    """Place one call to a scripted agent; give the call, the agent and the beat."""
    loop = asyncio.get_running_loop()
    transport, agent = await loop.create_datagram_endpoint(lambda: FakeAgent(script), local_addr=("127.0.0.1", 0))
    endpoint = await Endpoint.open(("127.0.0.1", agent.port))
    beat = Beat()
    beating = asyncio.ensure_future(beat.run())
    agent.voice = FakeVoice(beat, DELAY_FRAMES)
    contact = endpoint.host_port
    dialog = Dialog(contact, "call-1", "<sip:phone@x>;tag=1", "<sip:100@x>", "sip:100@x")
    call = Call(Session(endpoint, dialog, Credentials("phone", "secret")), beat, lines, [None] * len(lines))
    try:
        await asyncio.wait_for(call.run(["ulaw"], ring_s=ring_s, longest_s=20), 30)
        yield call, agent, beat
    finally:
        beating.cancel()
        agent.voice.close()
        endpoint.close()
        transport.close()


def polite(agent: Any, request: Any) -> Any:
    """Asks for a proof, rings, answers, and takes a BYE."""
    if request.method == "INVITE":
        if not is_proved(request):
            return [agent.challenge(request)]
        return [reply_to(request, 180, "Ringing", tag="agent"), agent.answer(request)]
    return [reply_to(request, 200, "OK")] if request.method == "BYE" else []


async def test_voice_to_voice_is_what_the_agent_did(line: Line) -> None:
    """The agent answers 300 ms after the last voiced packet, and that is what is measured, within a frame."""
    async with called(polite, [line]) as (call, agent, beat):
        (turn,) = call.conversation.turns

        assert call.outcome.ended_by == "caller"
        assert turn.lost is None
        assert turn.stopped_s is not None
        assert turn.stopped_s == pytest.approx(agent.voice.last_voice_s, abs=FRAME_MS / 1000)
        (answered_s,) = agent.voice.answered_s
        truth_ms = (answered_s - turn.stopped_s) * 1000
        assert turn.voice_to_voice_s * 1000 == pytest.approx(truth_ms, abs=FRAME_MS)
        assert truth_ms == pytest.approx(DELAY_FRAMES * FRAME_MS, abs=2 * FRAME_MS + beat.latest_ms)
        assert agent.methods == ["INVITE", "ACK", "INVITE", "ACK", "BYE"]
        assert (call.media.reception.lost, call.codec) == (0, "PCMU")
        assert np.abs(call.recording.agent_audio(turn.answered_s, turn.answer_ended_s)).max() > 7000


async def test_busy_agent_is_a_result(line: Line) -> None:
    """486: not answered, with SIP's own words, acknowledged, and the line is lost."""

    def busy(_agent: Any, request: Any) -> Any:
        return [reply_to(request, 486, "Busy Here", tag="agent")] if request.method == "INVITE" else []

    async with called(busy, [line]) as (call, agent, _beat):
        await until(lambda: agent.methods == ["INVITE", "ACK"])

        assert (call.outcome.answered, call.outcome.status, call.outcome.reason) == (False, 486, "Busy Here")
        assert call.conversation.turns[0].lost == NOT_ANSWERED


async def test_wrong_password_ends_the_call(line: Line) -> None:
    """An agent that never accepts the proof is asked three times, not for ever."""

    def suspicious(agent: Any, request: Any) -> Any:
        return [agent.challenge(request)] if request.method == "INVITE" else []

    async with called(suspicious, [line]) as (call, agent, _beat):
        assert (call.outcome.answered, call.outcome.status) == (False, 401)
        assert agent.methods.count("INVITE") == 3


async def test_lost_request_is_sent_again() -> None:
    """The first INVITE gets no answer; after T1 it comes again, the same transaction."""

    def forgetful(agent: Any, request: Any) -> Any:
        return [] if agent.methods == ["INVITE"] else polite(agent, request)

    async with called(forgetful, []) as (call, agent, _beat):
        first, second = agent.requests[:2]

        assert call.outcome.answered
        assert (first.method, first.branch) == (second.method, second.branch)


async def test_call_that_only_rings_is_cancelled() -> None:
    """After the patience of the caller a CANCEL of the same branch goes out, and the 487 is acknowledged."""

    def ringing(agent: Any, request: Any) -> Any:
        if request.method == "INVITE":
            return [reply_to(request, 180, "Ringing", tag="agent")]
        if request.method == "CANCEL":
            ended = reply_to(agent.requests[0], 487, "Request Terminated", tag="agent")
            return [reply_to(request, 200, "OK"), ended]
        return []

    async with called(ringing, [], ring_s=0.1) as (call, agent, _beat):
        await until(lambda: agent.methods == ["INVITE", "CANCEL", "ACK"])

        assert (call.outcome.answered, call.outcome.status) == (False, 487)
        assert agent.requests[0].branch == agent.requests[1].branch
        assert "0.1 s" in call.outcome.reason


async def test_nobody_there_is_said_at_once() -> None:
    """A closed port answers by ICMP: no 32 seconds of waiting."""
    endpoint = await Endpoint.open(("127.0.0.1", 9))
    dialog = Dialog(endpoint.host_port, "call-1", "<sip:phone@x>;tag=1", "<sip:100@x>", "sip:100@x")
    call = Call(Session(endpoint, dialog, Credentials("phone", "secret")), Beat(), [], [])
    await asyncio.wait_for(call.run(["ulaw"], ring_s=5, longest_s=5), 3)
    endpoint.close()

    assert (call.outcome.answered, call.outcome.reason) == (False, "nobody listens on UDP 127.0.0.1:9")


async def test_agent_that_hangs_up_is_noticed(line: Line) -> None:
    """A BYE from the far end is answered and ends the call; the line that was not said is lost."""

    def rude(agent: Any, request: Any) -> Any:
        replies = polite(agent, request)
        accepted = request.method == "ACK" and agent.methods.count("INVITE") == 2 and agent.methods.count("ACK") == 2
        return [*replies, agent.hang_up()] if accepted else replies

    async with called(rude, [line]) as (call, agent, _beat):
        assert (call.outcome.answered, call.outcome.ended_by) == (True, "agent")
        assert call.conversation.turns[0].lost == HUNG_UP
        assert "BYE" not in agent.methods


async def test_answer_that_comes_again_is_acknowledged_again() -> None:
    """A 200 that is repeated means that our ACK was lost."""

    def deaf(agent: Any, request: Any) -> Any:
        if request.method == "ACK" and agent.methods.count("ACK") == 2:
            return [agent.answer(agent.requests[2])]
        return polite(agent, request)

    async with called(deaf, []) as (call, agent, _beat):
        assert call.outcome.answered
        assert agent.methods == ["INVITE", "ACK", "INVITE", "ACK", "ACK", "BYE"]


async def until(happened: Any) -> None:
    """Let the loop turn until a datagram that is on its way has come."""
    async with asyncio.timeout(5):
        while not happened():  # noqa: ASYNC110 - an Event would have to be planted in every fake
            await asyncio.sleep(0)
