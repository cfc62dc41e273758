"""What Supervisor says, over its own socket and in its own log."""

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xmlrpc.server import SimpleXMLRPCDispatcher, SimpleXMLRPCRequestHandler

import pytest

from voicectl.errors import ServiceError
from voicectl.hardware.supervisor import Process, Supervisor, restarts

RUNNING = {"name": "stt-service", "statename": "RUNNING", "pid": 41, "start": 100, "now": 130, "spawnerr": ""}
BACKOFF = {"name": "tts-service", "statename": "BACKOFF", "pid": 0, "start": 0, "now": 130, "spawnerr": "too quick"}


class _Handler(SimpleXMLRPCRequestHandler):
    rpc_paths = ("/RPC2",)
    disable_nagle_algorithm = False

    def address_string(self) -> str:
        return "unix"

    def log_request(self, *_: Any) -> None:
        pass


class _Server(socketserver.UnixStreamServer, SimpleXMLRPCDispatcher):
    def __init__(self, path: str) -> None:
        SimpleXMLRPCDispatcher.__init__(self)
        socketserver.UnixStreamServer.__init__(self, path, _Handler)
        self.register_function(lambda: [RUNNING, BACKOFF], "supervisor.getAllProcessInfo")


@pytest.fixture
def socket_path() -> Iterator[Path]:
    """A Supervisor that runs one service and fails to start another; its path is short, as sockets' must be."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "s"
        server = _Server(str(path))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield path
        server.shutdown()
        thread.join()
        server.server_close()


def test_processes(socket_path: Path) -> None:
    """Name, state, pid, time since the start, and why a service would not start."""
    assert Supervisor(socket_path).processes() == (
        Process("stt-service", "RUNNING", 41, 30, ""),
        Process("tts-service", "BACKOFF", None, None, "too quick"),
    )


def test_supervisor_that_is_not_there(tmp_path: Path) -> None:
    """A missing socket is one clear line with the command to run."""
    with pytest.raises(ServiceError, match=r"E510.*voicectl deploy"):
        Supervisor(tmp_path / "nothing").processes()


def test_restarts_are_counted_since_supervisor_began() -> None:
    """A service that ended by itself was restarted; one that was stopped on purpose was not."""
    log = """\
2026-01-02 12:00:00,000 INFO supervisord started with pid 10
2026-01-02 12:00:01,000 WARN exited: stt-service (exit status 1; not expected)
2026-01-02 13:00:00,000 INFO supervisord started with pid 20
2026-01-02 13:00:01,000 INFO spawned: 'tts-service' with pid 21
2026-01-02 13:00:02,000 WARN exited: tts-service (terminated by SIGKILL; not expected)
2026-01-02 13:00:03,000 WARN exited: tts-service (exit status 1; not expected)
2026-01-02 13:00:04,000 WARN stopped: orchestrator (exit status 0)
"""

    assert restarts(log) == {"tts-service": 2}
