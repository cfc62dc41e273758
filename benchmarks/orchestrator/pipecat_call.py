"""The caller's side of a call with Pipecat: one pipe for each direction, handed over through a Unix socket."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.orchestrator.caller import is_voiced


class PipecatCall:
    """Pipecat paces what it says itself; what it writes is heard at once."""

    def __init__(self, on_voice: Callable[[float], None]) -> None:
        self._on_voice = on_voice
        self._loop = asyncio.get_running_loop()

    async def connect(self, door: Path) -> None:
        """Hand over the pipes, and wait until the pipeline runs."""
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._connection.settimeout(0)
        audio, self.audio = os.pipe()
        self._voice, voice = os.pipe()
        for ours in (self.audio, self._voice):
            os.set_blocking(ours, False)
        await self._loop.sock_connect(self._connection, str(door))
        socket.send_fds(self._connection, [b"call"], [audio, voice])
        os.close(audio)
        os.close(voice)
        if await self._loop.sock_recv(self._connection, 16) != b"A":
            raise ConnectionError("Pipecat did not take the call")
        self._loop.add_reader(self._voice, self._readable)

    def close(self) -> None:
        """Hang up."""
        self._loop.remove_reader(self._voice)
        for descriptor in (self._voice, self.audio):
            os.close(descriptor)
        self._connection.close()

    def _readable(self) -> None:
        at_s = time.monotonic()
        with contextlib.suppress(BlockingIOError):
            data = os.read(self._voice, 65536)
            if not data:
                self._loop.remove_reader(self._voice)
            if is_voiced(data[:640]):
                self._on_voice(at_s)
