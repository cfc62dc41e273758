"""Whatever the caller presses and whenever files end: every reply goes to its own command."""

import asyncio
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.orchestrator.agi import KEYS, Agi, AgiError

if TYPE_CHECKING:
    from voicectl_runtime.orchestrator.replies import Reply

ACTIONS = st.lists(st.sampled_from(["play", "command", "look", "look", "end", "rest", "1", "#"]), max_size=40)
FIRST = 1000
"""Commands are numbered from here, and each reply tells the number of its own."""


@dataclass
class Asterisk:
    """Its AGI loop: reads all there is, handles one line, and looks at its buffer only when more comes."""

    commands: int
    replies: int
    buffer: bytes = b""
    plays: int = 0
    """The file that plays."""
    waits: bool = False
    stopped: set[int] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)
    """Those that somebody waited for."""

    def look(self) -> None:
        """A command comes."""
        try:
            self.buffer += os.read(self.commands, 65536)
        except BlockingIOError:
            return
        if self.waits:
            self._reply("1")
        if self.plays:
            self.stopped.add(self.plays)
        self.plays, self.waits = 0, False
        line, _, self.buffer = self.buffer.partition(b"\n")
        words = line.decode().split()
        if words[0] == "NOOP":
            self._reply(words[1] if len(words) > 1 else "0")
        elif words[0] == "STREAM":
            self.plays = int(words[2])
        else:
            assert line == b"WAIT FOR DIGIT -1"
            self.waits = True

    def end(self) -> None:
        """The file was played to its end."""
        if self.plays:
            self._reply(f"0 endpos={self.plays}")
            self.plays = 0

    def press(self, key: str) -> None:
        """A key; when nobody waits for one, it is forgotten."""
        if self.plays or self.waits:
            self.keys.append(key)
            self._reply(f"{ord(key)} endpos={self.plays}" if self.plays else f"{ord(key)}")
            self.plays, self.waits = 0, False

    def _reply(self, result: str) -> None:
        os.write(self.replies, f"200 result={result}\n".encode())


@given(ACTIONS)
def test_no_reply_is_ever_one_off(actions: list[str]) -> None:
    """Each command gets its own reply or, for a file that was stopped, none; no key is lost or told twice."""
    asyncio.run(hold(actions))


async def hold(actions: list[str]) -> None:
    """One session."""
    replies, far_replies = os.pipe()
    far_commands, commands = os.pipe()
    os.set_blocking(far_commands, False)
    asterisk = Asterisk(far_commands, far_replies)
    ends: list[AgiError] = []
    keys: list[str] = []
    agi = Agi(replies, commands, ends.append, keys.append)
    sent: dict[int, asyncio.Task[Reply | None]] = {}
    for number, action in enumerate(actions, FIRST):
        if action == "play":
            sent[number] = asyncio.create_task(agi.stream(str(number), 1.0, 0))
        elif action == "command":
            sent[number] = asyncio.create_task(agi.command("NOOP", str(number)))
        elif action in KEYS:
            asterisk.press(action)
        elif action in {"look", "end"}:
            getattr(asterisk, action)()
        await asyncio.sleep(0.003 if action == "rest" else 0)
    while not all(task.done() for task in sent.values()):
        asterisk.look()
        await asyncio.sleep(0.001)
        if asterisk.plays == max(sent):
            asterisk.end()
    # The reply to a key that was pressed last still lies in the pipe: one more round of the loop reads it.
    await asyncio.sleep(0)

    assert ends == []
    assert keys == asterisk.keys
    for number, task in sent.items():
        reply = task.result()
        if reply is None:
            assert number in asterisk.stopped
        else:
            assert number == (reply.result if reply.endpos is None else reply.endpos)
    agi.close()
    os.close(far_commands)
    os.close(far_replies)
