"""One call's life over real pipes, with the test as Asterisk, as the bridge, and as the engines."""

import asyncio
import logging
import os
import socket
import sqlite3
import wave
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voicectl_runtime import settings as s
from voicectl_runtime.orchestrator.band import NARROW, WIDE, Band
from voicectl_runtime.orchestrator.call import Call, new_call_id, who_calls
from voicectl_runtime.orchestrator.dialogue import Mood, Reply
from voicectl_runtime.orchestrator.door import Visit
from voicectl_runtime.orchestrator.office import Office, greeting_of
from voicectl_runtime.orchestrator.record import Record
from voicectl_runtime.orchestrator.script.dialogue import Phrases, Script
from voicectl_runtime.orchestrator.speech import Speech

PHRASES = Phrases("a", "b", "c", "d", "Goodbye.", "Sorry.", "Nobody is free.", "Speak.", "i", ("j",))


def make_settings(folder: Path) -> s.Settings:
    nowhere = folder / "nowhere"
    paths = s.Paths(folder, folder, folder, folder, folder, chunks=folder / "chunks")
    return s.Settings(
        instance="test",
        version="0",
        agent=s.Agent("Alex", "Clinic", "en", "Hello! How can I help you?", "A machine speaks.", nowhere),
        paths=paths,
        sip=s.Sip("127.0.0.1", 5060, "udp", "100", "phone", nowhere, ("ulaw",)),
        stt=(s.SpeechToText("http://x", "m", nowhere, "int8", "cpu", 1),),
        tts=(s.TextToSpeech("http://x", "piper", "m", nowhere, 1),),
        last_voice=s.LastVoice(nowhere, "en"),
        llm=None,
        matcher=s.Matcher(nowhere, nowhere, 0.5, 0.1),
        turns=s.Turns(nowhere, 200, 480, 120, 8000, 30000, "adaptive", None),
        calls=s.Calls(4, "busy", 120, 1800, record=True, keep_days=14, buffer_ms=300, drain_s=1),
        people=(s.Person("reception", "the reception"),),
        look_ups=(),
        orchestrator=s.Orchestrator(folder / "sock", 1, log_transcripts=False),
    )


class FakeChain:
    """Has a file for everything that is said."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "phrase.sln"
        self._file.write_bytes(b"\3\0" * 800)
        self.said: list[str] = []
        self.band = NARROW

    def in_band(self, band: Band) -> "FakeChain":
        """The same, and it remembers for whom."""
        self.band = band
        return self

    def say(self, reply: Reply, note: object) -> Speech:
        """A tenth of a second."""
        assert callable(note)
        self.said.append(reply.text)
        return Speech(reply.text, self._file)


class FakeDetector:
    """Hears nothing."""

    def __init__(self) -> None:
        self.fed = asyncio.Queue[bytes]()

    def stream(self, on_window: object) -> "FakeDetector":
        """Itself."""
        assert callable(on_window)
        return self

    def feed(self, pcm: bytes, at_ms: float) -> None:
        """Keep it."""
        self.fed.put_nowait(pcm)
        assert at_ms

    def close(self) -> None:
        """Nothing is left to hear."""


class Line:
    """Asterisk's and the bridge's side of a call."""

    def __init__(
        self, folder: Path, reason: str = "call", *, wait_s: int = 120, people: Any = None, band: Band = NARROW
    ) -> None:
        self.folder = folder
        self.record = Record(folder / "calls.db", "orchestrator-1")
        self.disk = ThreadPoolExecutor(1)
        self.chain = FakeChain(folder)
        chain: Any = self.chain
        self.detector = FakeDetector()
        detector: Any = self.detector
        settings = make_settings(folder)
        calls = replace(settings.calls, longest_wait_s=wait_s)
        settings = replace(settings, calls=calls, people=settings.people if people is None else people)
        self.office = Office(settings, Script((), PHRASES), chain, detector, self.record, self.disk)
        replies, self.replies = os.pipe()
        self.commands, commands = os.pipe()
        audio, self.audio = os.pipe()
        self.bridge, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.bridge.settimeout(5)
        environment = {"arg_1": "abc@host", "arg_2": "1555", "calleridname": "Jo"}
        self.call = Call(Visit(reason, band, environment, 1, replies, commands, audio, ours), self.office)
        self.task = asyncio.create_task(self.call.run())

    def take_places(self, number: int) -> None:
        """As if so many other callers talked to the agent."""
        self.office.room.taken = number

    async def hears(self) -> str:
        """The next command."""
        async with asyncio.timeout(5):
            return (await asyncio.to_thread(os.read, self.commands, 4096)).decode()

    def says(self, reply: str) -> None:
        """A reply."""
        os.write(self.replies, f"{reply}\n".encode())

    async def speaks(self, pcm: bytes) -> None:
        """The caller's sound, until all of it has been heard."""
        os.write(self.audio, pcm)
        async with asyncio.timeout(5):
            while pcm:
                pcm = pcm[len(await self.detector.fed.get()) :]

    async def greets(self) -> None:
        """Answer, and let the greeting begin."""
        assert await self.hears() == "ANSWER\n"
        self.says("200 result=0")
        assert (await self.hears()).startswith("STREAM FILE ")

    async def hangs_up(self, refused: str = "511 Command Not Permitted on a dead channel") -> None:
        """The caller's hang-up kills the bridge, and Asterisk refuses further commands."""
        self.bridge.close()
        assert await self.hears() == "WAIT FOR DIGIT 1\n"
        self.says(refused)

    def row(self, *columns: str) -> Sequence[object]:
        """What the record says of the call."""
        database = sqlite3.connect(self.folder / "calls.db")
        try:
            found: Sequence[object] = database.execute(f"SELECT {', '.join(columns)} FROM calls").fetchone()  # noqa: S608 - names from tests
        finally:
            database.close()
        return found

    async def ends(self) -> str:
        """How the call ended; nothing of it may be left."""
        async with asyncio.timeout(5):
            await self.task
        while left := os.read(self.commands, 100):  # would block if our copy of the descriptor were still open
            assert left == b"WAIT FOR DIGIT -1\n"
        assert list((self.folder / "chunks" / self.record.owner).iterdir()) == []
        assert asyncio.all_tasks() == {asyncio.current_task()}
        (ended_by,) = self.row("ended_by")
        return str(ended_by)

    def close(self) -> None:
        """Close the far ends."""
        self.bridge.close()
        for descriptor in (self.replies, self.commands, self.audio):
            os.close(descriptor)
        self.record.close()
        self.disk.shutdown()


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    line = Line(tmp_path)
    yield line
    line.close()


async def test_the_row_stands_before_the_answer(line: Line) -> None:
    """When Asterisk is told to answer, a crash could no longer lose the call."""
    assert await line.hears() == "ANSWER\n"
    assert line.row("sip_call_id", "caller", "caller_name", "answered") == ("abc@host", "1555", "Jo", None)

    await line.hangs_up()
    assert await line.ends() == "cancelled"


@pytest.mark.parametrize(("band", "frame"), [(WIDE, 640), (NARROW, 320)])
async def test_a_caller_s_band(tmp_path: Path, band: Band, frame: int) -> None:
    """The engines work in it; the speech detector has 8 kHz in any case."""
    line = Line(tmp_path, band=band)
    await line.greets()
    os.write(line.audio, bytes(frame) * 5)
    async with asyncio.timeout(5):
        fed = await line.detector.fed.get()
    assert (line.chain.band, len(fed)) == (band, 5 * 320)

    await line.hangs_up()
    assert await line.ends() == "caller"
    line.close()


@pytest.mark.parametrize(("text", "sample"), [("Order 4711 is here.", 0), ("We open at nine.", 3)])
async def test_a_recording_lacks_what_the_record_lacks(line: Line, text: str, sample: int) -> None:
    """Once a number was typed the agent's recorded side is silent where it says one; the key's tone is silence too."""
    await line.greets()
    line.says("200 result=0 endpos=800")
    assert await line.hears() == "WAIT FOR DIGIT -1\n"
    assert line.call._conversation is not None
    line.call._conversation._digits._were_typed = True
    line.call._conversation._say(Reply(text, "script", Mood()), ended=None)
    assert (await line.hears()).startswith("STREAM FILE ")
    await line.speaks(b"\2\0" * 2000)
    line.says("200 result=53")
    line.says("200 result=0 endpos=800")
    await line.hears()
    await line.speaks(b"\1\0" * 100)
    await line.hangs_up()
    await line.ends()

    line.disk.shutdown()
    (path,) = line.folder.glob("*.wav")
    with wave.open(str(path)) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert both[:, 0].tolist() == [0] * 2000 + [1] * 100
    assert both[:1600, 1].tolist() == [3] * 800 + [sample] * 800


async def test_a_hang_up_in_the_middle_of_the_answer(line: Line) -> None:
    """Asterisk could not answer any more: the caller gave up, and nothing of ours failed."""
    await line.hears()
    line.says("200 result=-1")

    assert await line.ends() == "cancelled"


async def test_a_bridge_that_crashes(line: Line) -> None:
    """Its channel lives: the call goes to the dialplan, which apologises, and the record tells whose fault it was."""
    await line.greets()
    await line.hangs_up("200 result=0")
    assert (await line.hears()).startswith("STREAM FILE "), "the question broke off the greeting, which goes on"

    assert await line.ends() == "error"


async def test_the_first_sentence_discloses(line: Line) -> None:
    """And the record says so."""
    await line.greets()
    await line.hangs_up()

    assert line.chain.said == ["A machine speaks. Hello! How can I help you?"]
    assert await line.ends() == "caller"
    assert line.row("disclosed") == (1,)


async def test_a_goodbye_of_our_own(line: Line) -> None:
    """The bridge may end well after the last word."""
    await line.greets()
    line.call.take_leave("longest")
    commands = await line.hears()
    line.says("200 result=0")
    while "STREAM" not in commands:
        commands += await line.hears()
    line.says("200 result=0 endpos=800")

    assert line.chain.said[-1] == "Goodbye."
    assert await asyncio.to_thread(line.bridge.recv, 10) == b"0"
    assert await line.ends() == "longest"


@pytest.mark.parametrize("reply", ["print", "510 Invalid or unknown command", "200 result=0 endpos=1"])
async def test_a_session_that_fails_is_for_the_dialplan(line: Line, reply: str) -> None:
    """The bridge is not told to end well, so the caller hears the apology."""
    await line.hears()
    line.says(reply)

    assert await line.ends() == "error"
    assert await asyncio.to_thread(line.bridge.recv, 10) == b""


async def test_a_hang_up_that_nobody_told_us(line: Line) -> None:
    """A stuck bridge says nothing; but whenever nothing plays Asterisk waits for a key, and tells."""
    await line.greets()
    line.says("200 result=0 endpos=800")
    assert await line.hears() == "WAIT FOR DIGIT -1\n"
    line.says("200 result=-1")

    assert await line.ends() == "caller"


async def test_a_hang_up_while_a_file_plays(line: Line) -> None:
    """The reply to the playback says so."""
    await line.greets()
    line.says("200 result=-1 endpos=100")

    assert await line.ends() == "caller"


async def test_nobody_was_free(tmp_path: Path) -> None:
    """A transfer that failed comes back, and a message is taken."""
    line = Line(tmp_path, "nobody")
    await line.greets()
    await line.hangs_up()

    assert line.chain.said == ["Nobody is free. Speak."]
    assert await line.ends() == "caller"
    line.close()


async def test_a_caller_on_hold(tmp_path: Path) -> None:
    """All places are taken: the caller is answered, asked to hold, and greeted when one is free."""
    line = Line(tmp_path)
    line.take_places(4)
    assert await line.hears() == "ANSWER\n"
    line.says("200 result=0")
    assert (await line.hears()).startswith("STREAM FILE ")
    assert line.chain.said == [PHRASES.hold]

    line.office.room.leave()
    line.says("200 result=0 endpos=800")

    assert (await line.hears()).startswith("STREAM FILE ")
    assert line.chain.said[1:] == ["A machine speaks. Hello! How can I help you?"]
    await line.hangs_up()
    assert await line.ends() == "caller"
    assert line.office.room.taken == 3
    line.close()


async def test_a_caller_who_hangs_up_on_hold(tmp_path: Path) -> None:
    """Was answered, and ended the call."""
    line = Line(tmp_path)
    line.take_places(4)
    await line.hears()
    line.says("200 result=0")
    await line.hears()
    line.says("200 result=0 endpos=800")
    await line.hangs_up()

    assert await line.ends() == "caller"
    assert line.office.room.taken == 4
    line.close()


@pytest.mark.parametrize("people", [(), (s.Person("reception", "the reception"),)], ids=["nobody", "somebody"])
async def test_too_long_on_hold(tmp_path: Path, people: tuple[s.Person, ...]) -> None:
    """A person takes the call; where there is nobody, the agent says goodbye."""
    line = Line(tmp_path, wait_s=0, people=people)
    line.take_places(4)
    await line.hears()
    line.says("200 result=0")
    said = await line.hears()
    if people:
        assert said == "SET VARIABLE VOICECTL_NEXT reception\n"
        line.says("200 result=1")
    else:
        line.says("200 result=0 endpos=800")

    assert await asyncio.to_thread(line.bridge.recv, 10) == b"0"
    assert await line.ends() == ("transfer" if people else "busy")
    line.close()


async def test_log_lines_know_their_call(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    """Beginning and end are events."""
    caplog.set_level(logging.INFO)
    await line.greets()
    await line.hangs_up()
    await line.ends()

    assert [each.message for each in caplog.records] == ["call_started", "call_ended"]


def test_the_name_of_a_call() -> None:
    """Sorts by time and serves as a file's name."""
    assert len(new_call_id()) == len("20260101-120000-abcdef")
    assert new_call_id() != new_call_id()


def test_who_calls_without_arguments() -> None:
    """The channel's own caller id stands in."""
    assert who_calls({"callerid": "1555"}) == ("", "1555", "")


def test_greeting_without_disclosure(tmp_path: Path) -> None:
    """Where the operator turned it off, the greeting stands alone."""
    agent = replace(make_settings(tmp_path).agent, disclosure="")

    assert greeting_of(agent) == "Hello! How can I help you?"
