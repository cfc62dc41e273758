"""What `voicectl status` finds."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from voicectl.errors import ServiceError
from voicectl.hardware.supervisor import Process
from voicectl.phases import status
from voicectl.phases.draining import Draining, draining
from voicectl.phases.memory import memory_mib
from voicectl.phases.status import Status, status_of
from voicectl.render.places import Places

NAMES = ("asterisk-pbx", "orchestrator", "stt-service", "tts-service")


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Iterator[Places]:
    """A deployed agent, whose text-to-speech does not answer."""
    monkeypatch.setattr(status, "is_ready", lambda url: not url.startswith("http://tts"))
    sip = dict.fromkeys(("address", "port", "transport", "extension", "username", "password_file", "codecs"), "x")
    settings = {
        "sip": {**sip, "more": "not for the operator"},
        "stt": [{"url": "http://stt"}],
        "tts": [{"url": "http://tts"}],
        "llm": None,
        "orchestrator": {"health_port": 1},
    }
    with TemporaryDirectory() as folder:
        places = Places(Path(folder), Path(folder) / "store")
        for path in (places.etc, places.run, places.log):
            path.mkdir()
        places.settings.write_text(json.dumps(settings), encoding="utf-8")
        places.supervisor_socket.touch()
        yield places


def look(places: Places, state: str = "RUNNING") -> Status:
    return status_of(places, lambda: [Process(name, state, os.getpid(), 7, "") for name in NAMES])


def test_services_in_the_order_of_their_start(places: Places) -> None:
    """Supervisor sorts by name; the operator reads from the exchange to the orchestrator."""
    found = look(places)

    assert [one.name for one in found.services] == ["asterisk-pbx", "stt-service", "tts-service", "orchestrator"]
    assert [one.healthy for one in found.services] == [None, True, False, True]


def test_document_keeps_its_contract(places: Places) -> None:
    """The names that others rely on are there, and of the settings only what a phone needs."""
    document = look(places).to_dict()

    services = document["services"]
    assert isinstance(services, list)
    assert {"name", "state", "pid", "uptime_s", "restarts"} <= set(services[0])
    assert isinstance(document["sip"], dict)
    assert "more" not in document["sip"]


@pytest.mark.parametrize("state", ["RUNNING", "BACKOFF"])
def test_ok_only_when_a_caller_would_be_served(places: Places, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    """A service that is down, or runs and does not answer, is not ok."""
    assert not look(places).ok  # text-to-speech
    monkeypatch.setattr(status, "is_ready", lambda _url: True)

    assert look(places, state).ok is (state == "RUNNING")


def test_restarts_come_from_supervisors_log(places: Places) -> None:
    """A service that had to be started again shows it."""
    log = "x supervisord started with pid 1\nx exited: stt-service (exit status 1; not expected)\n"
    (places.log / "supervisord.log").write_text(log, encoding="utf-8")

    assert {one.name: one.restarts for one in look(places).services}["stt-service"] == 1


def test_nothing_deployed(tmp_path: Path) -> None:
    """Where nothing is deployed, one line says so and names the command."""
    with pytest.raises(ServiceError, match="E513.*nothing is deployed.*voicectl deploy"):  # noqa: RUF043 - a pattern
        status_of(Places(tmp_path, tmp_path))


def test_stopped(places: Places) -> None:
    """An agent that was stopped is not one that is broken."""
    places.supervisor_socket.unlink()

    with pytest.raises(ServiceError, match="the agent is stopped"):
        look(places)


def test_memory_is_counted() -> None:
    """This very process takes some."""
    assert 10 < memory_mib(os.getpid()) < 10_000


def test_an_orchestrator_that_ends_with_its_last_call(places: Places, tmp_path: Path) -> None:
    """It is shown with its calls; the newest one, and what a dead one left, are not."""
    proc, state = tmp_path / "proc", places.state
    state.mkdir()
    for pid in (11, 12, 13):
        (places.run / f"orchestrator-{pid}.lock").touch()
    places.orchestrator_socket.symlink_to("orchestrator-12.sock")
    for pid, program in ((11, "voicectl_runtime.orchestrator"), (12, "voicectl_runtime.orchestrator"), (13, "vim")):
        (proc / str(pid)).mkdir(parents=True)
        (proc / str(pid) / "cmdline").write_bytes(f"python\0-m\0{program}\0".encode())
    with closing(sqlite3.connect(state / "calls.db")) as record, record:
        record.execute("CREATE TABLE calls(owner TEXT, ended REAL)")
        rows = [("orchestrator-11", None), ("orchestrator-11", 1.0), ("orchestrator-12", None)]
        record.executemany("INSERT INTO calls VALUES(?, ?)", rows)

    assert draining(places, proc) == (Draining(11, 1, 0),)
