"""What dies or hangs in the middle of a call: the caller hears a voice, the channel is freed, the record tells."""

import os
import re
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.wire.agent import Agent
from tests.wire.inside import Inside, hears_apology
from tests.wire.live_call import LiveCall, calling
from tests.wire.passing_callers import zombies_after
from tests.wire.patience import until, until_moment

pytestmark = [pytest.mark.wire, pytest.mark.timeout(120)]

# The promise, and room for a busy machine.
SHIM_GONE_S = 0.2 + 0.3
CHANNEL_GONE_S = 2.0 + 1.5
VOICE_S = 3.0

DEAF = """\
import runpy, signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
runpy.run_path({bridge!r}, run_name="__main__")
"""
STUCK = """\
import signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
while True:
    signal.pause()
"""


@pytest.fixture
def inside(agent: Agent) -> Iterator[Inside]:
    """The agent; afterwards no trace of a call is left, and Asterisk never had to be started again."""
    inside = Inside(agent)
    inside.wait_until_ready()
    inside.wait_until_quiet()
    asterisk = inside.asterisk()
    yield inside
    inside.wait_until_ready()
    inside.wait_until_quiet()
    assert inside.asterisk() == asterisk


def greeted(call: LiveCall) -> float:
    """The caller hears the agent."""
    return until(lambda: call.voice_after(0.0), 10, "the greeting is heard")


def final_status(call: LiveCall) -> int:
    """What became of the INVITE."""
    return until(lambda: call.status, 10, "the call is answered or refused", every_s=0.001)


def test_orchestrator_killed_with_live_calls(inside: Inside) -> None:
    """Every bridge notices at once, every caller hears the apology, rows say crash, and the next call is taken."""
    orchestrator = inside.orchestrator()
    assert orchestrator
    with ExitStack() as stack:
        calls = [stack.enter_context(calling(inside.port)) for _ in range(2)]
        for call in calls:
            greeted(call)
        bridges = inside.bridges()
        assert len(bridges) == len(calls)

        os.kill(orchestrator, signal.SIGKILL)
        killed_s = time.monotonic()

        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in bridges), SHIM_GONE_S, "the bridges end")
        for call in calls:
            # What Asterisk was just playing ends within a second, and the apology follows.
            until(partial(call.voice_after, killed_s + 1.0), VOICE_S, "a voice is heard")
            hears_apology(inside, partial(call.sound_after, killed_s))

    inside.wait_until_ready()
    assert inside.orchestrator() != orchestrator
    assert {inside.row(call.sip_call_id)["ended_by"] for call in calls} == {"crash"}
    with calling(inside.port) as next_call:
        greeted(next_call)


def test_bridge_crashes_in_mid_call(inside: Inside) -> None:
    """A segmentation fault of the bridge: Asterisk itself apologises, and the record says that it was our fault."""
    with calling(inside.port) as call:
        greeted(call)
        for bridge in inside.bridges():
            os.kill(bridge, signal.SIGSEGV)
        crashed_s = time.monotonic()

        hears_apology(inside, lambda: call.sound_after(crashed_s))

    assert inside.closed_row(call.sip_call_id)["ended_by"] == "error"


def test_stopped_bridge_is_reaped(inside: Inside) -> None:
    """A bridge that cannot even die of the hang-up: the channel is freed all the same."""
    with calling(inside.port) as call:
        greeted(call)
        for bridge in inside.bridges():
            os.kill(bridge, signal.SIGSTOP)
        call.hang_up()

        until(lambda: inside.channels() == 0, CHANNEL_GONE_S, "the channel is freed")

    assert inside.closed_row(call.sip_call_id)["ended_by"] == "caller"


@pytest.mark.parametrize(("name", "source"), [("deaf", DEAF), ("stuck", STUCK)], ids=["deaf", "stuck"])
def test_script_that_ignores_the_hang_up_is_reaped(inside: Inside, name: str, source: str) -> None:
    """With a call or before it ever had one: without the reaper the channel would stay for ever."""
    script = inside.place_script(name, source.format(bridge=inside.bridge))
    with inside.dialling("5550002", script) as number, calling(inside.port, number=number) as call:
        until(lambda: any(map(ignores_hang_up, inside.bridges())), 5, "the script is deaf")
        if name == "deaf":
            greeted(call)
        call.hang_up()

        until(lambda: not (inside.channels() or inside.bridges()), CHANNEL_GONE_S, "the channel is freed")


def ignores_hang_up(pid: int) -> bool:
    """Whether SIGHUP does nothing to the process."""
    ignored = re.search(r"^SigIgn:\s*(\w+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return ignored is not None and bool(int(ignored[1], 16) & 1 << signal.SIGHUP - 1)


def test_audio_that_nobody_read_is_counted(inside: Inside) -> None:
    """The orchestrator hangs for longer than Asterisk's pipe holds; what was lost stands in the record."""
    pipe_ms = 3840
    with calling(inside.port) as call:
        greeted(call)
        with inside.frozen():
            began_s = time.monotonic()
            until_moment(began_s + 5.5)
        hung_ms = (time.monotonic() - began_s) * 1000
        call.say("what are your opening hours")
        stopped_s = until(lambda: call.stopped_s, 10, "the question was asked")
        until(lambda: call.voice_after(stopped_s), 10, "the call goes on")

    assert inside.closed_row(call.sip_call_id)["audio_gap_ms"] == pytest.approx(hung_ms - pipe_ms, abs=500)


def test_hang_ups_leave_no_zombies(inside: Inside) -> None:
    """Three hundred callers come and go while one stays: Asterisk reaps every one of their bridges."""
    assert zombies_after(inside, 300) == 0


def test_cancelled_before_the_orchestrator_knows(inside: Inside) -> None:
    """A caller who gives up while the bridge still knocks leaves no bridge and no row of a busy agent."""
    with inside.frozen(), calling(inside.port) as call:
        until(inside.bridges, 5, "the bridge knocks", every_s=0.001)
        call.hang_up()
        assert final_status(call) == 487
        until(lambda: not inside.bridges(), 5, "the bridge ends")

    inside.wait_until_quiet()
    assert inside.row(call.sip_call_id) is None


def test_cancelled_before_the_answer(inside: Inside) -> None:
    """A caller who gives up while the row is being written gets a row that says so."""
    row = until(lambda: cancelled_while_the_record_waits(inside), 30, "a row was late enough")
    assert (row["ended_by"], row["answered"]) == ("cancelled", None)


def cancelled_while_the_record_waits(inside: Inside) -> Any:
    """The row, unless the orchestrator gave the locked record up before the CANCEL had arrived."""
    with closing(sqlite3.connect(inside.agent.prefix / "state" / "calls.db", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        with calling(inside.port) as call:
            until(inside.sounds, 5, "the orchestrator has the call", every_s=0.001)
            call.hang_up()
            status = final_status(call)
            database.execute("ROLLBACK")
            inside.wait_until_quiet()
    return status == 487 and inside.row(call.sip_call_id)


def test_answer_that_is_never_acknowledged(inside: Inside) -> None:
    """Asterisk says 200 again and again, and gives up after 32 seconds; nothing of the call stays."""
    with calling(inside.port, acknowledges=False) as call:
        answered_s = until(lambda: call.answered_s, 5, "the call is answered")
        for talks_s in (9, 18, 26):  # else the agent would end a call in which nobody speaks
            until_moment(answered_s + talks_s)
            call.say("where can I park")
        until(lambda: call.ended_s, answered_s + 40 - time.monotonic(), "the call is ended", every_s=0.1)

        assert call.answers > 5
        inside.wait_until_quiet()
    assert inside.closed_row(call.sip_call_id)["ended_by"] == "caller"
