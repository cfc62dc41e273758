"""Asterisk's and the bridge's side of a call, in one process with the orchestrator: for many calls at once.

Benchmarks import this too.
"""

import array
import asyncio
import json
import os
import socket
from pathlib import Path
from typing import Final

FRAME_S: Final = 0.02
BYTES_PER_S: Final = 16_000
VOICE: Final = array.array("h", [8000, -8000] * 80).tobytes()
SILENCE: Final = bytes(320)
DEAD: Final = "511 Command Not Permitted on a dead channel or intercept routine"


class Channel:
    """One caller: speaks and is silent in turns, hears what is played, and hangs up at a moment of their own."""

    def __init__(self, name: str, *, speaks_s: float, pauses_s: float) -> None:
        """`name`: the SIP Call-ID."""
        self.name: Final = name
        self._speech = [VOICE] * int(speaks_s / FRAME_S) + [SILENCE] * int(pauses_s / FRAME_S)
        self._bridge = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._bridge.setblocking(False)  # noqa: FBT003 - it takes no keyword
        self._descriptors: list[int] = []
        self._playing: asyncio.TimerHandle | None = None
        self._is_dead = self._is_waiting = False
        self._lines = b""
        self._loop = asyncio.get_running_loop()

    async def live(self, door: Path, for_s: float) -> None:
        """Call, talk, and hang up."""
        await self._loop.sock_connect(self._bridge, str(door))
        assert await self._loop.sock_recv(self._bridge, 16) == b"?"
        theirs = self._make_pipes()
        message = {"reason": "call", "env": {"arg_1": self.name, "arg_2": "1555"}}
        socket.send_fds(self._bridge, [json.dumps(message).encode()], theirs)
        for descriptor in theirs:
            os.close(descriptor)
        self._loop.add_reader(self._commands, self._read)
        talking = asyncio.create_task(self._talk())
        await asyncio.sleep(for_s)
        talking.cancel()
        self._hang_up()

    def close(self) -> None:
        """Once the orchestrator has let go."""
        self._loop.remove_reader(self._commands)
        for descriptor in self._descriptors:
            os.close(descriptor)

    def _make_pipes(self) -> list[int]:
        theirs_replies, self._replies = os.pipe()
        self._commands, theirs_commands = os.pipe()
        theirs_audio, self._audio = os.pipe()
        self._descriptors = [self._replies, self._commands, self._audio]
        for descriptor in self._descriptors:
            os.set_blocking(descriptor, False)
        return [theirs_replies, theirs_commands, theirs_audio]

    def _hang_up(self) -> None:
        """The bridge dies of it; what plays ends."""
        self._is_dead = True
        self._bridge.close()
        if self._playing is not None:
            self._playing.cancel()
            self._played(-1)
        elif self._is_waiting:
            self._is_waiting = False
            self._reply("200 result=-1")

    async def _talk(self) -> None:
        began_s, frame = self._loop.time(), 0
        while True:
            frame += 1
            self._write(self._audio, self._speech[frame % len(self._speech)])
            await asyncio.sleep(began_s + frame * FRAME_S - self._loop.time())

    def _read(self) -> None:
        try:
            data = os.read(self._commands, 65536)
        except BlockingIOError:
            return
        if not data:  # the orchestrator has closed its end
            self._loop.remove_reader(self._commands)
        *lines, self._lines = (self._lines + data).split(b"\n")
        for line in lines:
            self._carry_out(line.decode())

    def _carry_out(self, line: str) -> None:
        if self._playing is not None:  # a new line ends what plays, without a word about it
            self._playing.cancel()
            self._playing = None
        if self._is_waiting:  # it also ends the waiting for a key, which is answered
            self._is_waiting = False
            self._reply("200 result=1")
        if self._is_dead:
            self._reply(DEAD)
        elif line.startswith("STREAM FILE "):
            _, _, file, _, *offset = line.split(" ")
            size = Path(f"{file}.sln").stat().st_size - 2 * int(offset[0] if offset else 0)
            self._playing = self._loop.call_later(size / BYTES_PER_S, self._played, 0)
        elif line == "WAIT FOR DIGIT -1":
            self._is_waiting = True
        else:
            self._reply("200 result=0")

    def _played(self, result: int) -> None:
        self._playing = None
        self._reply(f"200 result={result} endpos=800")

    def _reply(self, line: str) -> None:
        self._write(self._replies, line.encode() + b"\n")

    def _write(self, descriptor: int, data: bytes) -> None:
        try:
            os.write(descriptor, data)
        except (BrokenPipeError, BlockingIOError):  # the orchestrator has let go, or reads too late
            return
