"""Asks Supervisor about the services, over its Unix socket."""

import http.client
import re
import socket
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from voicectl.errors import ServiceError

_TIMEOUT_S: Final = 5.0
_LOG_BYTES: Final = 4 << 20
_STARTED: Final = re.compile(r" supervisord started with pid ")
_EXITED: Final = re.compile(r" exited: (\S+) \(")


@dataclass(frozen=True)
class Process:
    """One service, as Supervisor sees it."""

    name: str
    state: str
    """Supervisor's own word: RUNNING, STARTING, BACKOFF, STOPPED, FATAL ..."""
    pid: int | None
    uptime_s: int | None
    why: str
    """What Supervisor says about a process that would not start."""


class Supervisor:
    """The running Supervisor of one agent."""

    def __init__(self, path: Path) -> None:
        """Take the path of its socket."""
        self._path = path

    def processes(self) -> tuple[Process, ...]:
        """Every service, by name.

        Raises:
            ServiceError: E510, Supervisor does not answer.
        """
        proxy = xmlrpc.client.ServerProxy("http://supervisor", transport=_UnixTransport(self._path))
        try:
            with proxy:
                found: Any = proxy.supervisor.getAllProcessInfo()
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise ServiceError(
                "E510", str(self._path), f"Supervisor does not answer ({error})", fix="run `voicectl deploy`"
            ) from error
        return tuple(_process(info) for info in found)


def _process(info: dict[str, Any]) -> Process:
    is_up = info["statename"] == "RUNNING"
    return Process(
        name=info["name"],
        state=info["statename"],
        pid=info["pid"] or None,
        uptime_s=max(0, info["now"] - info["start"]) if is_up else None,
        why=info["spawnerr"],
    )


def log_end(path: Path) -> str:
    """The newest of Supervisor's log; nothing where there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - _LOG_BYTES))
            return log.read().decode(errors="replace")
    except OSError:
        return ""


def restarts(log: str) -> dict[str, int]:
    """How often each service ended by itself and was started again, since Supervisor began.

    Args:
        log: the text of supervisord.log.
    """
    counted: dict[str, int] = {}
    for line in log.splitlines():
        if _STARTED.search(line):
            counted.clear()
        elif ended := _EXITED.search(line):
            counted[ended[1]] = counted.get(ended[1], 0) + 1
    return counted


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(str(self._path))
        except OSError:
            self.sock.close()
            raise


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:  # noqa: ARG002 - a socket has no host
        return _UnixConnection(self._path)
