"""Asterisk's and the bridge's side of one call: hands descriptors through the door, and answers AGI in real time."""

import asyncio
import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.orchestrator.caller import voiced_offset_s

STARTS_S: Final = 0.0015
"""From STREAM FILE to the first frame on the line as it was measured on Asterisk 22.10: 1 to 2 ms."""
PIPE_BYTES: Final = 65536
ENVIRONMENT: Final = {
    "request": "bridge.py",
    "uniqueid": "1.1",
    "callerid": "100",
    "arg_1": "benchmark",
    "arg_2": "100",
}


class AsteriskCall:
    """As the bridge it waits on the connection; as Asterisk it plays files and says when they have ended."""

    def __init__(self, on_voice: Callable[[float], None]) -> None:
        self._on_voice = on_voice
        self._loop = asyncio.get_running_loop()
        self._line = b""
        self._playing: list[asyncio.TimerHandle] = []
        self._waits = False

    async def connect(self, door: Path) -> None:
        """Knock, and hand over the three descriptors."""
        self._bridge = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._bridge.settimeout(0)
        replies, self._replies = os.pipe()
        self._commands, commands = os.pipe()
        audio, self.audio = os.pipe()
        fcntl.fcntl(self.audio, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        for ours in (self.audio, self._commands):
            os.set_blocking(ours, False)
        await self._loop.sock_connect(self._bridge, str(door))
        if await self._loop.sock_recv(self._bridge, 16) != b"?":
            raise ConnectionError("the orchestrator did not open")
        message = json.dumps({"reason": "call", "env": ENVIRONMENT}).encode()
        socket.send_fds(self._bridge, [message], [replies, commands, audio])
        for theirs in (replies, commands, audio):
            os.close(theirs)
        if await self._loop.sock_recv(self._bridge, 16) != b"A":
            raise ConnectionError("the orchestrator did not take the call")
        self._loop.add_reader(self._commands, self._readable)

    def close(self) -> None:
        """Hang up."""
        self._loop.remove_reader(self._commands)
        self._cut()
        with contextlib.suppress(OSError):
            os.write(self._replies, b"HANGUP\n")
        for descriptor in (self._commands, self._replies, self.audio):
            os.close(descriptor)
        self._bridge.close()

    def _readable(self) -> None:
        try:
            data = os.read(self._commands, 65536)
        except BlockingIOError:
            return
        if not data:
            self._loop.remove_reader(self._commands)
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            self._carry_out(line.decode())

    def _carry_out(self, line: str) -> None:
        self._cut()
        if line.startswith("STREAM FILE "):
            self._play(*line.split()[2:])
        elif line == "WAIT FOR DIGIT -1":
            self._waits = True
        else:
            self._reply("200 result=0")

    def _play(self, name: str, _digits: str, offset: str = "0") -> None:
        """Another command stops it, and then it is never answered; one that stops the wait for a key is."""
        file, skipped = Path(f"{name}.sln"), int(offset)
        samples = file.stat().st_size // 2
        voiced_s = voiced_offset_s(file, skipped)
        now_s = time.monotonic()
        if voiced_s is not None:
            heard_s = now_s + STARTS_S + voiced_s
            self._playing.append(self._loop.call_later(STARTS_S + voiced_s, self._on_voice, heard_s))
        lasts_s = max(0.0, (samples - skipped) / 8000)
        reply = f"200 result=0 endpos={samples}"
        self._playing.append(self._loop.call_later(STARTS_S + lasts_s, self._reply, reply))

    def _cut(self) -> None:
        for timer in self._playing:
            timer.cancel()
        self._playing.clear()
        if self._waits:
            self._waits = False
            self._reply("200 result=1")

    def _reply(self, text: str) -> None:
        with contextlib.suppress(OSError):
            os.write(self._replies, text.encode() + b"\n")
