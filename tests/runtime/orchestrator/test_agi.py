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
        self.keys: list[str] = []
        replies, self._replies = os.pipe()
        self._commands, commands = os.pipe()
        self.agi = Agi(replies, commands, self.ends.append, self.keys.append)

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
    playing = asyncio.create_task(asterisk.agi.stream("/chunks/1", 1.0, 0))
    asterisk.says(b"200 result=0 endpos=8000\n")
    reply = await playing

    assert asterisk.heard() == b"STREAM FILE /chunks/1 0123456789*# 0\n"
    assert reply is not None
    assert reply.endpos == 8000


async def test_a_file_from_its_middle(asterisk: Asterisk) -> None:
    """What was stopped goes on at the sample."""
    playing = asyncio.create_task(asterisk.agi.stream("/chunks/1", 1.0, 480))
    asterisk.says(b"200 result=0 endpos=8000\n")
    await playing

    assert asterisk.heard() == b"STREAM FILE /chunks/1 0123456789*# 480\n"


async def test_interrupting_waits_for_nothing(asterisk: Asterisk) -> None:
    """The command is on its way at once, and its reply is taken when it comes."""
    playing = asyncio.create_task(asterisk.agi.stream("1", 1.0, 0))
    await asyncio.sleep(0)
    asterisk.heard()
    asterisk.agi.interrupt()

    assert asterisk.heard() == b"NOOP\n"
    asterisk.says(b"200 result=0\n")
    assert await playing is None


async def interrupt(asterisk: Asterisk, replies: bytes) -> tuple[object, object]:
    playing = asyncio.create_task(asterisk.agi.stream("1", 1.0, 0))
    await asyncio.sleep(0)
    asterisk.heard()
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


async def test_a_command_waits_until_asterisk_has_taken_the_one_before(asterisk: Asterisk) -> None:
    """Two lines that are read at once are one too many: the second would not be seen."""
    playing = asyncio.create_task(asterisk.agi.stream("1", 1.0, 0))
    stopping = asyncio.create_task(asterisk.agi.command("NOOP"))
    await asyncio.sleep(0.005)

    assert asterisk.heard() == b"STREAM FILE 1 0123456789*# 0\n"
    asterisk.says(b"200 result=0 endpos=5\n")
    assert await playing is not None
    await asyncio.sleep(0.005)
    assert asterisk.heard() == b"NOOP\n"
    asterisk.says(b"200 result=0\n")
    await stopping


async def test_keys_are_waited_for_whenever_nothing_plays(asterisk: Asterisk) -> None:
    """One wait after the other, and the next command ends it."""
    asterisk.says(b"200 result=0\n")
    await asterisk.agi.command("ANSWER")
    asterisk.heard()
    for key in "1#":
        assert await asyncio.to_thread(asterisk.heard) == b"WAIT FOR DIGIT -1\n"
        asterisk.says(f"200 result={ord(key)}\n".encode())
    assert await asyncio.to_thread(asterisk.heard) == b"WAIT FOR DIGIT -1\n"
    playing = asyncio.create_task(asterisk.agi.stream("1", 1.0, 0))
    assert await asyncio.to_thread(asterisk.heard) == b"STREAM FILE 1 0123456789*# 0\n"
    asterisk.says(b"200 result=1\n200 result=0 endpos=80\n")

    assert await playing is not None
    assert asterisk.keys == ["1", "#"]


async def test_a_key_while_a_file_plays(asterisk: Asterisk) -> None:
    """It is told, and the reply says where the file stopped."""
    playing = asyncio.create_task(asterisk.agi.stream("1", 1.0, 0))
    asterisk.says(b"200 result=42 endpos=80\n")
    reply = await playing

    assert asterisk.keys == ["*"]
    assert reply is not None
    assert reply.endpos == 80


async def test_a_hang_up_while_nobody_speaks(asterisk: Asterisk) -> None:
    """The wait for a key tells of it."""
    asterisk.says(b"200 result=0\n")
    await asterisk.agi.command("ANSWER")
    asterisk.heard()
    await asyncio.to_thread(asterisk.heard)
    asterisk.says(b"200 result=-1\n")
    await asyncio.sleep(0.005)

    assert isinstance(asterisk.ends[0], AgiGoneError)


@pytest.mark.parametrize("result", [0, 1, 65, 68, 16, 300, 1114112])
async def test_what_is_no_key_of_a_telephone(asterisk: Asterisk, result: int) -> None:
    """An interrupted wait, the keys of military telephones, a flash, and what is no character at all."""
    asterisk.says(b"200 result=0\n")
    await asterisk.agi.command("ANSWER")
    asterisk.heard()
    await asyncio.to_thread(asterisk.heard)
    asterisk.says(f"200 result={result}\n".encode())
    await asyncio.sleep(0.005)

    assert asterisk.keys == []
    assert asterisk.ends == []


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
        await asterisk.agi.stream("1", 1.0, 0)


async def test_a_refusal_shifts_nothing(asterisk: Asterisk) -> None:
    """The next command gets the next reply."""
    asterisk.says(b"510 Invalid or unknown command\n")
    with pytest.raises(AgiRefusedError):
        await asterisk.agi.command("NONSENSE")
    asterisk.heard()
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
