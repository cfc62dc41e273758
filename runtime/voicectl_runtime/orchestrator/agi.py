"""The AGI session of one call: commands out through a checked writer, typed replies in, and never one off."""

import asyncio
import contextlib
import os
import re
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from fcntl import ioctl
from termios import FIONREAD
from typing import Final

from voicectl_runtime.orchestrator.replies import Garbage, HungUp, Item, Refusal, Reply, ReplyParser

MOST_WORDS: Final = 20
LONGEST_COMMAND: Final = 1000
DEADLINE_S: Final = 2.0
KEYS: Final = "0123456789*#"
"""What a telephone can send (RFC 4733, events 0 to 11)."""
REST_S: Final = 0.002
"""So long after the last command the session begins to wait for keys: the next piece of sound follows sooner."""
UNREAD_S: Final = 0.0005
"""When Asterisk is looked at again that has not taken the last command yet; it usually takes 0.1 ms."""

# A reply that was ended by a key has the code of its character; one that another command ended has 1.
_KEY_OF_CODE: Final = {ord(key): key for key in KEYS}
# Asterisk's parser overflows on many quoted words, so a word that would need quoting can't be said at all.
_WORD: Final = re.compile(r"[A-Za-z0-9_./:=+*#-]+")


class AgiError(Exception):
    """The AGI session failed, or refused a command."""


class AgiGoneError(AgiError):
    """The channel or Asterisk itself is gone."""


class AgiRefusedError(AgiError):
    """Asterisk did not know the command, or its words were wrong."""


class AgiGarbledError(AgiError):
    """A reply that belongs to nothing; the session is not used any further, since replies could be one off."""


class AgiSilentError(AgiError):
    """No reply in time."""


class Kind(Enum):
    """What is known of a command's reply."""

    ANSWERS = auto()
    """It comes at once."""
    PLAYS = auto()
    """It comes at the end of a file, with the place where that was; never when another command stopped the file."""
    WAITS = auto()
    """It comes with the next key, or with the next command; it always comes."""


@dataclass
class Command:
    """A command that waits for its reply, and perhaps still for being sent."""

    number: int
    line: bytes
    kind: Kind
    reply: asyncio.Future[Reply | None]


class Agi:
    """One session. Any command stops a file that plays; whenever nothing else is going on, keys are waited for."""

    def __init__(
        self, replies: int, commands: int, gone: Callable[[AgiError], None], pressed: Callable[[str], None]
    ) -> None:
        """Own both descriptors.

        `gone` is called once, when the session has ended by itself; `pressed` with every key of the caller's.
        """
        self._replies, self._commands, self._gone, self._pressed = replies, commands, gone, pressed
        self._unsent: deque[Command] = deque()
        self._pending: deque[Command] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._parser = ReplyParser()
        self._count = 0
        self._failure: AgiError | None = None
        self._loop = asyncio.get_running_loop()
        os.set_blocking(replies, False)
        os.set_blocking(commands, False)
        self._loop.add_reader(replies, self._readable)

    async def command(self, *words: str, within_s: float = DEADLINE_S) -> Reply:
        """Carry out a command that answers at once."""
        reply = await self._answered(self._send(words), within_s)
        if reply is None:
            raise AgiGarbledError(f"{words[0]} was answered like an interrupted playback")
        return reply

    async def stream(self, file: str, longest_s: float, from_sample: int = 0) -> Reply | None:
        """Play a file; None when another command stopped it. A key stops it too: the reply's result is its code."""
        newest = next(reversed(self._unsent or self._pending), None)
        if newest is not None and newest.kind is Kind.PLAYS:
            # Nobody could tell whether a reply were the first file's or the second's.
            self._send(("NOOP",))
        command = self._send(("STREAM", "FILE", file, KEYS, str(from_sample)), Kind.PLAYS)
        return await self._answered(command, longest_s + DEADLINE_S)

    def interrupt(self) -> None:
        """Stop the file that plays; a session that has failed is silent already, and `gone` has been told."""
        with contextlib.suppress(AgiError):
            self._send(("NOOP",))

    def close(self) -> None:
        """Close our copies of the descriptors, so that Asterisk can free the channel."""
        if self._replies >= 0:
            self._loop.remove_reader(self._replies)
            os.close(self._replies)
            os.close(self._commands)
            self._replies = self._commands = -1
            self._fail(AgiGoneError("closed"), tell=False)

    def _send(self, words: tuple[str, ...], kind: Kind = Kind.ANSWERS) -> Command:
        line = checked(words)
        if self._failure is not None:
            raise self._failure
        self._count += 1
        command = Command(self._count, line, kind, self._loop.create_future())
        self._unsent.append(command)
        self._write()
        if self._failure is not None:
            raise self._failure
        return command

    def _write(self) -> None:
        """Send what waits, each line only after Asterisk has taken the one before.

        Asterisk reads as much as there is but handles one line: a second one would lie in its buffer, unseen, until a
        third came.
        """
        self._cancel_timer()
        while self._unsent:
            if _unread(self._commands):
                self._timer = self._loop.call_later(UNREAD_S, self._write)
                return
            try:
                os.write(self._commands, self._unsent[0].line)
            except OSError as error:
                self._fail(AgiGoneError(str(error)))
                return
            self._pending.append(self._unsent.popleft())

    def _rest(self) -> None:
        """Wait for a key: Asterisk forgets those that are pressed while nobody does."""
        if self._failure is None and not self._pending:
            self._send(("WAIT", "FOR", "DIGIT", "-1"), Kind.WAITS)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _answered(self, command: Command, within_s: float) -> Reply | None:
        if self._failure is not None:
            raise self._failure
        try:
            async with asyncio.timeout(within_s):
                # Shielded: a caller that gives up waiting does not make the reply unexpected.
                return await asyncio.shield(command.reply)
        except TimeoutError:
            error = AgiSilentError(f"no reply to command {command.number} within {within_s:.1f} s")
            self._fail(error)
            raise error from None

    def _readable(self) -> None:
        try:
            data = os.read(self._replies, 65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._fail(AgiGoneError("Asterisk closed the session"))
        for item in self._parser.feed(data):
            self._take(item)

    def _take(self, item: Item) -> None:
        if self._failure is not None:
            return
        if isinstance(item, HungUp):
            self._fail(AgiGoneError("HANGUP"))
        elif isinstance(item, Garbage):
            self._fail(AgiGarbledError(f"not a reply: {item.line[:80]!r}"))
        elif isinstance(item, Refusal) and item.code == 511:  # noqa: PLR2004 - "dead channel"
            self._fail(AgiGoneError(item.text))
        else:
            self._match(item)

    def _match(self, item: Reply | Refusal) -> None:
        """Give the item to its command; one without `endpos` says that the file before it was stopped unanswered."""
        plays = bool(self._pending) and self._pending[0].kind is Kind.PLAYS
        if isinstance(item, Reply) and item.endpos is None and len(self._pending) > 1 and plays:
            self._settle(None)
            plays = False
        if not self._pending:
            self._fail(AgiGarbledError("a reply to no command"))
        elif isinstance(item, Refusal):
            self._settle(AgiRefusedError(f"{item.code} {item.text}"))
        elif (item.endpos is not None) != plays:
            self._fail(AgiGarbledError("a reply that fits another command"))
        elif self._pending[0].kind is Kind.WAITS and item.result < 0:
            self._fail(AgiGoneError("hung up while nobody spoke"))
        else:
            may_be_key = self._pending[0].kind is not Kind.ANSWERS
            self._settle(item)
            if may_be_key and (key := _KEY_OF_CODE.get(item.result)):
                self._pressed(key)

    def _settle(self, outcome: Reply | AgiError | None) -> None:
        command = self._pending.popleft()
        if isinstance(outcome, AgiError):
            command.reply.set_exception(outcome)
            command.reply.exception()  # whoever waited may be gone, and nobody is to be told of that
        else:
            command.reply.set_result(outcome)
        if not (self._pending or self._unsent or self._failure):
            # A second key may follow the first at once; between two pieces of sound there is no time to wait.
            rest_s = 0.0 if command.kind is Kind.WAITS else REST_S
            self._cancel_timer()
            self._timer = self._loop.call_later(rest_s, self._rest)

    def _fail(self, error: AgiError, *, tell: bool = True) -> None:
        if self._failure is not None:
            return
        self._failure = error
        self._cancel_timer()
        if self._replies >= 0:
            self._loop.remove_reader(self._replies)
        self._pending += self._unsent
        self._unsent.clear()
        while self._pending:
            self._settle(error)
        if tell:
            self._gone(error)


def _unread(commands: int) -> int:
    """How many bytes of ours lie in the pipe."""
    (count,) = struct.unpack("i", ioctl(commands, FIONREAD, bytes(4)))
    return int(count)


def checked(words: tuple[str, ...]) -> bytes:
    """A command as one line.

    Raises:
        ValueError: more words, or others, than a command of ours can have: a mistake in this program, never input.
    """
    if len(words) > MOST_WORDS or not all(word == "" or _WORD.fullmatch(word) for word in words):
        raise ValueError(f"not an AGI command: {words!r}")
    line = " ".join(word or '""' for word in words)
    if len(line) > LONGEST_COMMAND:
        raise ValueError(f"an AGI command of {len(line)} characters")
    return line.encode("ascii") + b"\n"
