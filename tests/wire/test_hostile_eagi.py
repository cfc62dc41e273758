"""What comes out of, or stays away from, the program behind a call: Asterisk lives on, and the caller hears a voice."""

import os
import socket
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.wire.agent import Agent
from tests.wire.inside import Inside
from tests.wire.live_call import LiveCall, any_bytes, calling
from tests.wire.patience import until

pytestmark = [pytest.mark.wire, pytest.mark.timeout(120)]

# On an idle machine the bridge gives up within 500 ms; the rest is for SIP, and for a machine that is not idle.
GIVES_UP_S = 1.5
RECONCILED_S = 5.0 + 3.0

# Writes once the bridge has passed its guard: a module that it imports only then is loaded.
NOISY = """\
import os, runpy, sys, threading, time
WORDS = b'"<b>word</b>" ' * 400 + b"\\n"
NOISES = [WORDS, b"failure\\n", b"HANGUP\\n", b"\\xff" * 9000 + b"\\n", b"\\0\\n", b"noise", b"\\n"]

def babble():
    while "socket" not in sys.modules:
        time.sleep(0.001)
    for number in range(200):
        os.write(1, NOISES[number % len(NOISES)])
        time.sleep(0.01)

threading.Thread(target=babble, daemon=True).start()
runpy.run_path({bridge!r}, run_name="__main__")
"""


@pytest.fixture
def inside(agent: Agent) -> Iterator[Inside]:
    """The agent; whatever is done to it, Asterisk lives on and answers the next call."""
    inside = Inside(agent)
    inside.wait_until_ready()
    asterisk = inside.asterisk()
    yield inside
    assert Path(f"/proc/{asterisk}").exists()
    inside.wait_until_ready()
    inside.wait_until_quiet()
    with calling(inside.port) as call:
        until(lambda: call.voice_after(0.0), 10, "the next caller is greeted")
    inside.wait_until_quiet()
    assert inside.asterisk() == asterisk


def test_noise_on_descriptor_1_reaches_nobody(inside: Inside) -> None:
    """Four hundred quoted words in a line and worse, while the call is on: the call does not even notice."""
    noisy = inside.place_script("noisy", NOISY.format(bridge=inside.bridge))
    log = inside.agent.prefix / "log" / "asterisk-pbx.log"
    before = log.stat().st_size

    with inside.dialling("5550001", noisy) as number, calling(inside.port, number=number) as call:
        until(lambda: call.voice_after(0.0), 5, "the greeting is heard")
        until(lambda: log.read_bytes()[before:].count(b"<b>word</b>") > 400 * 20, 20, "all noise was made")
        call.say("what are your opening hours")
        stopped_s = until(lambda: call.stopped_s, 10, "the question was asked")
        until(lambda: "monday" in inside.said(call.sound_after(stopped_s)), 20, "it was answered", every_s=0.5)

    assert inside.closed_row(call.sip_call_id)["ended_by"] == "caller"


def test_a_name_that_only_the_bridge_refuses(inside: Inside) -> None:
    """Control characters above ASCII pass SIP and dialplan; the call is refused, and the record knows."""
    with calling(inside.port, name="Ann\x85agi_x: y\x9b2J") as call:
        assert until(lambda: call.status, 5, "the call is refused") == 503

    assert inside.closed_row(call.sip_call_id, RECONCILED_S)["ended_by"] == "failed"


def test_noise_instead_of_audio(inside: Inside) -> None:
    """Packets of odd sizes, foreign types and no RTP at all: afterwards the caller is understood as before."""
    sizes = [0, 1, 3, 159, 161, 320, 777, 1400]
    with calling(inside.port) as call:
        until(lambda: call.voice_after(0.0), 5, "the greeting is heard")
        until_s = time.monotonic() + 1.5
        while time.monotonic() < until_s:
            for size in sizes:
                call.send_rtp(call.packet(any_bytes(size)))
                call.send_rtp(call.packet(b"\xff" * size, payload_type=size % 128))
                # Bytes that pass for RTP by chance can deafen Asterisk's own end of that one call; these never do.
                call.send_rtp(b"\x7f" + any_bytes(size))
            time.sleep(0.02)
        # The noise is many seconds of audio: a question that comes while it is being recognised is lost in it.
        until(partial(_is_answered, inside, call), 60, "a question is answered")

    assert inside.closed_row(call.sip_call_id)["ended_by"] == "caller"


def _is_answered(inside: Inside, call: LiveCall) -> bool:
    """Whether the agent understands a question that is asked now."""
    until(lambda: call.silent_for_s() > 1.5, 20, "the agent listens")
    call.say("what are your opening hours")
    stopped_s = until(lambda: call.stopped_s, 10, "the question was asked")
    until(partial(call.voice_after, stopped_s), 20, "the agent says something")
    until(lambda: call.silent_for_s() > 1.5, 20, "the agent has spoken")
    return "monday" in inside.said(call.sound_after(stopped_s))


@pytest.fixture
def absent(inside: Inside, request: pytest.FixtureRequest) -> Iterator[str]:
    """An orchestrator that is not there, in one of three ways."""
    if request.param == "hangs":
        with inside.frozen():
            yield request.param
        return
    inside.supervise("stop", "orchestrator")
    if request.param == "refuses":
        _leave_socket(inside.socket)
    try:
        yield request.param
    finally:
        inside.supervise("start", "orchestrator")


def _leave_socket(path: Path) -> None:
    """What an orchestrator that was killed leaves behind."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as left:
        left.bind(str(path))
    owner = path.parent.stat().st_gid
    os.chown(path, (path.parent / "asterisk.pid").stat().st_uid, owner)


@pytest.mark.parametrize("absent", ["is gone", "refuses", "hangs"], indirect=True)
def test_without_an_orchestrator_the_call_is_not_answered(inside: Inside, absent: str) -> None:
    """The bridge gives up within half a second; nobody pays for a call, and the telephone company can try elsewhere."""
    with calling(inside.port) as call:
        status = until(lambda: call.status, 5, f"the call is refused while the orchestrator {absent}", every_s=0.001)
        assert status == 503
        assert time.monotonic() - call.invited_s < GIVES_UP_S
        assert not inside.bridges()
    _refused.add(call.sip_call_id)


def test_refused_calls_are_in_the_record(inside: Inside) -> None:
    """No orchestrator saw them: the next one reads of them in Asterisk's call events."""
    assert _refused
    assert {inside.closed_row(each, RECONCILED_S)["ended_by"] for each in _refused} == {"failed"}


_refused: set[str] = set()
"""By the tests before."""
