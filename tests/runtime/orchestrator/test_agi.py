"""The AGI session over real pipes, with the test as Asterisk."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.orchestrator.agi import (
    Agi,
    AgiError,
    AgiGarbledError,
    AgiGoneError,
    AgiRefusedError,
    AgiSilentError,
    checked,
)


class Asterisk:
    """The far ends of a session's pipes."""

    def __init__(self) -> None:
        self.ends: list[AgiError] = []
        replies, self._replies = os.pipe()
        self._commands, commands = os.pipe()
        self.agi = Agi(replies, commands, self.ends.append)

    def says(self, text: bytes) -> None:
        """Write a reply."""
        os.write(self._replies, text)

    def heard(self) -> bytes:
        """Read commands."""
        return os.read(self._commands, 65536)

    def hangs_up(self) -> None:
        """Close the session."""
        os.close(self._replies)
        self._replies = -1

    def close(self) -> None:
        """Close what is left."""
        self.agi.close()
        os.close(self._commands)
        if self._replies >= 0:
            os.close(self._replies)


@pytest.fixture
async def asterisk() -> AsyncIterator[Asterisk]:
    far = Asterisk()
    yield far
    far.close()


async def test_a_command_and_its_reply(asterisk: Asterisk) -> None:
    """One line out, one typed value back."""
    asterisk.says(b"200 result=0\n")
    reply = await asterisk.agi.command("SET", "VARIABLE", "VOICECTL_NEXT", "reception")

    assert asterisk.heard() == b"SET VARIABLE VOICECTL_NEXT reception\n"
    assert reply.result == 0


async def test_a_file_played_to_its_end(asterisk: Asterisk) -> None:
    """The reply says where it ended."""
    playing = asyncio.create_task(asterisk.agi.stream("/chunks/1", 1.0))
    asterisk.says(b"200 result=0 endpos=8000\n")
    reply = await playing

    assert asterisk.heard() == b'STREAM FILE /chunks/1 "" 0\n'
    assert reply is not None
    assert reply.endpos == 8000


async def test_a_file_from_its_middle(asterisk: Asterisk) -> None:
    """What was stopped goes on at the sample."""
    playing = asyncio.create_task(asterisk.agi.stream("/chunks/1", 1.0, 480))
    asterisk.says(b"200 result=0 endpos=8000\n")
    await playing

    assert asterisk.heard() == b'STREAM FILE /chunks/1 "" 480\n'


async def test_interrupting_waits_for_nothing(asterisk: Asterisk) -> None:
    """The command is on its way at once, and its reply is taken when it comes."""
    playing = asyncio.create_task(asterisk.agi.stream("1", 1.0))
    await asyncio.sleep(0)
    asterisk.agi.interrupt()

    assert asterisk.heard().endswith(b"NOOP\n")
    asterisk.says(b"200 result=0\n")
    assert await playing is None


async def interrupt(asterisk: Asterisk, replies: bytes) -> tuple[object, object]:
    playing = asyncio.create_task(asterisk.agi.stream("1", 1.0))
    await asyncio.sleep(0)
    stopping = asyncio.create_task(asterisk.agi.command("NOOP"))
    await asyncio.sleep(0)
    asterisk.says(replies)
    return await playing, await stopping


async def test_an_interrupted_file_has_no_reply(asterisk: Asterisk) -> None:
    """The command after it gets its own reply all the same."""
    played, stopped = await interrupt(asterisk, b"200 result=0\n")

    assert played is None
    assert stopped is not None


async def test_a_file_that_ended_just_before_the_interruption(asterisk: Asterisk) -> None:
    """Then both have replies, and neither takes the other's."""
    played, stopped = await interrupt(asterisk, b"200 result=0 endpos=800\n200 result=0\n")

    assert played is not None
    assert stopped is not None


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"510 Invalid or unknown command\n", AgiRefusedError),
        (b"520-Usage\n more\n520 End of proper usage.\n", AgiRefusedError),
        (b"511 Command Not Permitted on a dead channel\n", AgiGoneError),
        (b"HANGUP\n", AgiGoneError),
        (b"print debugging\n", AgiGarbledError),
        (b"200 result=0 endpos=1\n", AgiGarbledError),
    ],
)
async def test_what_is_no_success_is_a_typed_error(asterisk: Asterisk, reply: bytes, error: type[AgiError]) -> None:
    """A refusal, a dead channel and garbage are told apart."""
    asterisk.says(reply)

    with pytest.raises(error):
        await asterisk.agi.command("NOOP")


async def test_a_playback_that_is_answered_like_another_command(asterisk: Asterisk) -> None:
    """Without an interruption that is garbage, not an interrupted file."""
    asterisk.says(b"200 result=0\n")

    with pytest.raises(AgiGarbledError):
        await asterisk.agi.stream("1", 1.0)


async def test_a_refusal_shifts_nothing(asterisk: Asterisk) -> None:
    """The next command gets the next reply."""
    asterisk.says(b"510 Invalid or unknown command\n")
    with pytest.raises(AgiRefusedError):
        await asterisk.agi.command("NONSENSE")
    asterisk.says(b"200 result=7\n")

    assert (await asterisk.agi.command("NOOP")).result == 7


async def test_garbage_ends_the_session(asterisk: Asterisk) -> None:
    """After a line that fits nothing no reply can be trusted."""
    asterisk.says(b"hello\n200 result=0\n")
    with pytest.raises(AgiGarbledError):
        await asterisk.agi.command("NOOP")

    with pytest.raises(AgiGarbledError):
        await asterisk.agi.command("NOOP")
    assert len(asterisk.ends) == 1


async def test_the_end_of_the_session_is_told_once(asterisk: Asterisk) -> None:
    """Asterisk closing its end fails what waits, and tells the call."""
    waiting = asyncio.create_task(asterisk.agi.command("NOOP"))
    await asyncio.sleep(0)
    asterisk.hangs_up()

    with pytest.raises(AgiGoneError):
        await waiting
    assert len(asterisk.ends) == 1


async def test_no_reply_in_time(asterisk: Asterisk) -> None:
    """Is an error too, and ends the session."""
    with pytest.raises(AgiSilentError):
        await asterisk.agi.command("NOOP", within_s=0.01)

    assert isinstance(asterisk.ends[0], AgiSilentError)


async def test_closing_fails_what_waits(asterisk: Asterisk) -> None:
    """And tells nobody, since it was our own doing."""
    waiting = asyncio.create_task(asterisk.agi.command("NOOP"))
    await asyncio.sleep(0)
    asterisk.agi.close()

    with pytest.raises(AgiGoneError):
        await waiting
    assert asterisk.ends == []


@given(st.lists(st.text(max_size=30), max_size=30))
def test_the_writer_lets_nothing_through(words: list[str]) -> None:
    """A command is one line of at most twenty plain words, or it is not sent."""
    try:
        line = checked(tuple(words))
    except ValueError:
        return

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert len(line) <= 1001
    assert line.isascii()
    assert line[:-1].decode().isprintable()
    assert b'"' not in line.replace(b'""', b"")
    assert len(line.split()) <= 20


@pytest.mark.parametrize("word", ["a b", 'a"b', "a\nb", "a\0b", "a\\b", "${SHELL(id)}", "ä", "a" * 1001])
def test_the_writer_refuses(word: str) -> None:
    """What would need quoting, or could end the line."""
    with pytest.raises(ValueError, match="AGI command"):
        checked(("NOOP", word))
