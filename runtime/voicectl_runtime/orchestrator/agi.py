"""The AGI session of one call: commands out through a checked writer, typed replies in, and never one off."""

import asyncio
import contextlib
import os
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from voicectl_runtime.orchestrator.replies import Garbage, HungUp, Item, Refusal, Reply, ReplyParser

MOST_WORDS: Final = 20
LONGEST_COMMAND: Final = 1000
DEADLINE_S: Final = 2.0

# Asterisk's parser overflows on many quoted words, so a word that would need quoting can't be said at all.
_WORD: Final = re.compile(r"[A-Za-z0-9_./:=+-]+")


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


@dataclass
class Pending:
    """A command that waits for its reply."""

    number: int
    reply: asyncio.Future[Reply | None]
    plays: bool


class Agi:
    """One session. A command that is sent while a file plays stops the file, whose reply may then never come."""

    def __init__(self, replies: int, commands: int, gone: Callable[[AgiError], None]) -> None:
        """Own both descriptors; `gone` is called once, when the session has ended by itself."""
        self._replies, self._commands, self._gone = replies, commands, gone
        self._pending: deque[Pending] = deque()
        self._parser = ReplyParser()
        self._count = 0
        self._failure: AgiError | None = None
        self._loop = asyncio.get_running_loop()
        os.set_blocking(replies, False)
        os.set_blocking(commands, False)
        self._loop.add_reader(replies, self._readable)

    async def command(self, *words: str, within_s: float = DEADLINE_S) -> Reply:
        """Carry out a command that answers at once."""
        reply = await self._answered(self._send(words, plays=False), within_s)
        if reply is None:
            raise AgiGarbledError(f"{words[0]} was answered like an interrupted playback")
        return reply

    async def stream(self, file: str, longest_s: float, from_sample: int = 0) -> Reply | None:
        """Play a file; None when another command stopped it."""
        words = ("STREAM", "FILE", file, "", str(from_sample))
        return await self._answered(self._send(words, plays=True), longest_s + DEADLINE_S)

    def interrupt(self) -> None:
        """Stop the file that plays; a session that has failed is silent already, and `gone` has been told."""
        with contextlib.suppress(AgiError):
            self._send(("NOOP",), plays=False)

    def close(self) -> None:
        """Close our copies of the descriptors, so that Asterisk can free the channel."""
        if self._replies >= 0:
            self._loop.remove_reader(self._replies)
            os.close(self._replies)
            os.close(self._commands)
            self._replies = self._commands = -1
            self._fail(AgiGoneError("closed"), tell=False)

    def _send(self, words: tuple[str, ...], *, plays: bool) -> Pending:
        line = checked(words)
        if self._failure is not None:
            raise self._failure
        try:
            written = os.write(self._commands, line)
        except BlockingIOError:
            written = 0
        except OSError as error:
            self._fail(AgiGoneError(str(error)))
            raise AgiGoneError(str(error)) from error
        if written != len(line):
            self._fail(AgiSilentError("Asterisk takes no more commands"))
        self._count += 1
        pending = Pending(self._count, self._loop.create_future(), plays)
        self._pending.append(pending)
        return pending

    async def _answered(self, pending: Pending, within_s: float) -> Reply | None:
        if self._failure is not None:
            raise self._failure
        try:
            async with asyncio.timeout(within_s):
                # Shielded: a caller that gives up waiting does not make the reply unexpected.
                return await asyncio.shield(pending.reply)
        except TimeoutError:
            error = AgiSilentError(f"no reply to command {pending.number} within {within_s:.1f} s")
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
        if isinstance(item, Reply) and item.endpos is None and len(self._pending) > 1 and self._pending[0].plays:
            self._settle(None)
        if not self._pending:
            self._fail(AgiGarbledError("a reply to no command"))
        elif isinstance(item, Refusal):
            self._settle(AgiRefusedError(f"{item.code} {item.text}"))
        elif (item.endpos is not None) != self._pending[0].plays:
            self._fail(AgiGarbledError("a reply that fits another command"))
        else:
            self._settle(item)

    def _settle(self, outcome: Reply | AgiError | None) -> None:
        reply = self._pending.popleft().reply
        if isinstance(outcome, AgiError):
            reply.set_exception(outcome)
            reply.exception()  # whoever waited may be gone, and nobody is to be told of that
        else:
            reply.set_result(outcome)

    def _fail(self, error: AgiError, *, tell: bool = True) -> None:
        if self._failure is not None:
            return
        self._failure = error
        if self._replies >= 0:
            self._loop.remove_reader(self._replies)
        while self._pending:
            self._settle(error)
        if tell:
            self._gone(error)


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
