"""A record that cannot be written, and a process that may open nothing more: rows 42, 44 and 45 of the fault table."""

import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.wire.agent import Agent
from tests.wire.bad_lines import told_otherwise
from tests.wire.inside import Inside
from tests.wire.listening import ask, turns
from tests.wire.live_call import LiveCall, calling
from tests.wire.patience import until, until_moment
from voicectl_runtime.orchestrator.door import KEPT_FREE

pytestmark = [pytest.mark.wire, pytest.mark.timeout(120)]

HOURS = "what are your opening hours"
PARKING = "where can I park"
LOCKED_S = 10.0


@pytest.fixture(scope="module")
def inside(agent: Agent) -> Iterator[Inside]:
    """An agent whose record and recordings are on a small disk of their own."""
    deployed = Inside(agent)
    deployed.wait_until_ready()
    deployed.wait_until_quiet()
    disk = agent.prefix.parent / "disk"
    disk.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], check=True)
    os.chown(disk, (agent.prefix / "run" / "asterisk.pid").stat().st_uid, -1)

    def move(settings: dict[str, Any]) -> None:
        settings["paths"] |= {"state": str(disk), "recordings": str(disk / "recordings")}
        settings["agent"] |= {"greeting": "Good morning.", "disclosure": ""}

    try:
        with told_otherwise(deployed, move):
            inside = Inside(agent)
            assert inside.record == disk / "calls.db"
            yield inside
    finally:
        subprocess.run(["umount", disk], check=True)
        disk.rmdir()


def greeted(call: LiveCall) -> None:
    """The caller hears the agent."""
    until(lambda: call.voice_after(0.0), 10, "the greeting is heard")


def said_so(inside: Inside, event: str) -> bool:
    """Whether the log tells of it."""
    return event.encode() in (inside.agent.prefix / "log" / "orchestrator.log").read_bytes()


def test_a_locked_record(inside: Inside) -> None:
    """Row 45: for ten seconds nothing can be written; the call does not notice, and afterwards all of it is there."""
    with closing(sqlite3.connect(inside.record, isolation_level=None)) as database, calling(inside.port) as call:
        greeted(call)
        database.execute("BEGIN IMMEDIATE")
        locked_s = time.monotonic()
        until(lambda: call.silent_for_s() > 0.6, 10, "the agent listens")
        call.say(HOURS)
        stopped_s = until(lambda: call.stopped_s, 10, "the question was asked")
        until(lambda: call.voice_after(stopped_s), 3, "it is answered")
        until_moment(locked_s + LOCKED_S)
        database.execute("ROLLBACK")
        until(lambda: len(turns(inside, call)) == 2, 5, "what was late is written")
        assert "parking" in ask(inside, call, PARKING).heard
    assert inside.closed_row(call.sip_call_id)["ended_by"] == "caller"
    assert [bool(turn["said"]) for turn in turns(inside, call)] == [False, True, True]


def test_a_full_disk(inside: Inside) -> None:
    """Row 42: the call goes on, the reserve is used, the log raises the alarm, and no row is half."""
    filler = inside.record.with_name("filler")
    with calling(inside.port) as call:
        greeted(call)
        with filler.open("wb", buffering=0) as growing, suppress(OSError):
            while growing.write(bytes(4096)):
                pass
        assert "monday" in ask(inside, call, HOURS).heard
        assert "parking" in ask(inside, call, PARKING).heard
    assert inside.closed_row(call.sip_call_id)["ended_by"] == "caller"
    assert [bool(turn["said"]) for turn in turns(inside, call)] == [False, True, True]
    assert said_so(inside, "disk_full")
    assert inside.rows("PRAGMA integrity_check")[0][0] == "ok"
    filler.unlink()


def test_a_damaged_record(inside: Inside) -> None:
    """Row 45: it is moved aside with the command that saves it, and a new one is begun, while calls are taken."""
    inside.supervise("stop", "orchestrator")
    inside.record.write_bytes(b"\xff" * inside.record.stat().st_size)
    inside.supervise("start", "orchestrator")
    inside.wait_until_ready()
    with calling(inside.port) as call:
        assert "monday" in ask(inside, call, HOURS).heard
    assert inside.closed_row(call.sip_call_id)["ended_by"] == "caller"
    (aside,) = inside.record.parent.glob("calls.db.damaged-*")
    assert aside.read_bytes()[:4096] == b"\xff" * 4096
    assert said_so(inside, f"sqlite3 {aside} .recover")


def test_no_descriptors_left(inside: Inside) -> None:
    """Row 44: who calls now is not answered, so that nobody pays; who talks already is answered."""
    with calling(inside.port) as live:
        greeted(live)
        with few_descriptors(inside, KEPT_FREE + 3), calling(inside.port) as late:
            assert until(lambda: late.status, 5, "the call is refused") == 503
            assert "monday" in ask(inside, live, HOURS).heard
        with calling(inside.port) as next_call:
            greeted(next_call)
    assert inside.closed_row(live.sip_call_id)["ended_by"] == "caller"


@contextmanager
def few_descriptors(inside: Inside, most: int) -> Iterator[None]:
    """The orchestrator may have no more of them; its own user says so, since root may lack the right to."""
    process = f"/proc/{inside.orchestrator()}"
    owner = Path(process).stat()
    usual = re.search(r"^Max open files +(\d+)", Path(process, "limits").read_text(), re.MULTILINE)
    assert usual

    def limit(count: str) -> None:
        argv = ["prlimit", "--pid", Path(process).name, f"--nofile={count}:"]
        subprocess.run(argv, check=True, user=owner.st_uid, group=owner.st_gid, extra_groups=[])

    limit(str(most))
    try:
        yield
    finally:
        limit(usual[1])
