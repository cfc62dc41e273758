"""Where bridges knock: takes over their descriptors, from processes of our own user alone."""

import asyncio
import contextlib
import errno
import json
import logging
import os
import resource
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voicectl_runtime.orchestrator.band import Band, band_of

LONGEST_MESSAGE: Final = 1 << 17
PATIENCE_S: Final = 2.0
DESCRIPTORS: Final = 3
KEPT_FREE: Final = 64
"""Descriptors that no new call may use: live ones need them for their engines and their files."""
REST_S: Final = 0.25

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Visit:
    """A call at the door; whoever takes it owns the connection and the descriptors."""

    reason: str
    """`call`, or `nobody` where a transfer found nobody."""
    band: Band
    """Of the sound on `audio`."""
    environment: Mapping[str, str]
    pid: int
    replies: int
    commands: int
    audio: int
    connection: socket.socket

    def accept(self) -> bool:
        """Tell the bridge that its call is ours; False when it has already gone."""
        return self._say(b"A")

    def leave(self) -> None:
        """Let the bridge end well, so that the dialplan goes on with what we told it."""
        self._say(b"0")

    def close(self) -> None:
        """Close everything that came through the door; the bridge takes that for a failure unless it was left."""
        self.connection.close()
        for descriptor in (self.replies, self.commands, self.audio):
            os.close(descriptor)

    def _say(self, word: bytes) -> bool:
        with contextlib.suppress(OSError):
            return self.connection.send(word) == len(word)
        return False


class Door:
    """The Unix socket of the orchestrator."""

    def __init__(self, path: Path, welcome: Callable[[Visit], None]) -> None:
        self._path, self._welcome = path, welcome
        self._listening: socket.socket | None = None
        self._waiting: dict[socket.socket, asyncio.TimerHandle] = {}
        self._loop = asyncio.get_running_loop()

    def open(self) -> None:
        """Begin to take calls; what a crashed orchestrator left at the path is removed."""
        self._path.unlink(missing_ok=True)
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        self._listening.bind(str(self._path))
        self._path.chmod(0o600)
        self._listening.listen(128)
        self._loop.add_reader(self._listening, self._knocked, self._listening)

    def close(self) -> None:
        """Take no more calls; bridges that knock now fail at once, and the dialplan apologises."""
        if self._listening is not None:
            self._loop.remove_reader(self._listening)
            self._listening.close()
            self._listening = None
            self._path.unlink(missing_ok=True)
        for connection in list(self._waiting):
            self._forget(connection).close()

    def _knocked(self, listening: socket.socket) -> None:
        try:
            connection, _ = listening.accept()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE}:
                self._rest(listening)
            return
        connection.settimeout(0)
        pid, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if uid != os.getuid():
            _log.warning("stranger_at_door", extra={"uid": uid})
            connection.close()
            return
        # The kernel gives the lowest number that is free: as many are taken.
        if connection.fileno() > resource.getrlimit(resource.RLIMIT_NOFILE)[0] - KEPT_FREE:
            _log.error("few_descriptors", extra={"taken": connection.fileno()})
            connection.close()
            return
        try:
            connection.send(b"?")
        except OSError:
            # A caller that hung up, or a bridge that has given us up: nothing was handed over.
            connection.close()
            return
        self._waiting[connection] = self._loop.call_later(PATIENCE_S, self._impatient, connection)
        self._loop.add_reader(connection, self._spoke, connection, pid)

    def _rest(self, listening: socket.socket) -> None:
        """Without a free descriptor nobody can even be refused: do not spin until there is one."""
        _log.error("no_descriptors")
        self._loop.remove_reader(listening)
        self._loop.call_later(REST_S, self._listen_again, listening)

    def _listen_again(self, listening: socket.socket) -> None:
        if listening is self._listening:
            self._loop.add_reader(listening, self._knocked, listening)

    def _impatient(self, connection: socket.socket) -> None:
        _log.warning("bridge_said_nothing")
        self._forget(connection).close()

    def _forget(self, connection: socket.socket) -> socket.socket:
        self._loop.remove_reader(connection)
        self._waiting.pop(connection).cancel()
        return connection

    def _spoke(self, connection: socket.socket, pid: int) -> None:
        self._forget(connection)
        descriptors: list[int] = []
        try:
            message, descriptors, _, _ = socket.recv_fds(connection, LONGEST_MESSAGE, DESCRIPTORS)
            # recv_fds passes no flags on, so MSG_CMSG_CLOEXEC would be lost.
            for descriptor in descriptors:
                os.set_inheritable(descriptor, False)  # noqa: FBT003 - it takes no keyword
            visit = Visit(*_read(message), pid, *_three(descriptors), connection)
        except (OSError, ValueError) as error:
            _log.warning("bridge_not_understood", extra={"why": str(error)})
            connection.close()
            for descriptor in descriptors:
                os.close(descriptor)
            return
        self._welcome(visit)


def _three(descriptors: list[int]) -> tuple[int, int, int]:
    if len(descriptors) != DESCRIPTORS:
        raise ValueError(f"{len(descriptors)} descriptors instead of three")
    return descriptors[0], descriptors[1], descriptors[2]


def _read(message: bytes) -> tuple[str, Band, dict[str, str]]:
    """Reason, band and environment: sound that is not a telephone's own is named behind the reason (`call-slin16`).

    Since no version takes a call for a reason that it does not know, none mistakes the sound that a newer dialplan asks
    Asterisk for: at an update and after a rollback the two are not of the same version for a while.
    """
    document = json.loads(message)
    if not isinstance(document, dict) or set(document) != {"reason", "env"} or not isinstance(document["env"], dict):
        raise ValueError("not a bridge's message")
    environment = document["env"]
    if not all(isinstance(value, str) for value in (document["reason"], *environment.values())):
        raise ValueError("not a bridge's reason or environment")
    reason, dash, audio_format = document["reason"].partition("-")
    if reason not in {"call", "nobody"} or (dash and not audio_format):
        raise ValueError("not a bridge's reason")
    return reason, band_of(audio_format), environment
