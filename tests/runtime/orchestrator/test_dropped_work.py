"""A caller who goes on: every engine sees that its request is closed, over real connections."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.runtime.orchestrator.noted import Noted, looks_well
from tests.runtime.orchestrator.short_phrases import PHRASES
from tests.stubs.engines import Stub, StubEngines
from voicectl_runtime.orchestrator.attempt import Attempt
from voicectl_runtime.orchestrator.chain import Chain
from voicectl_runtime.orchestrator.dialogue import Dialogue
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Rung
from voicectl_runtime.orchestrator.engines.llm import Llm
from voicectl_runtime.orchestrator.engines.stt import SpeechToText
from voicectl_runtime.orchestrator.engines.tts import TextToSpeech
from voicectl_runtime.orchestrator.script.dialogue import Script
from voicectl_runtime.orchestrator.script.matcher import Match
from voicectl_runtime.orchestrator.voice import Voice
from voicectl_runtime.settings import LanguageModel

NEVER_S = 60.0


class Nothing:
    """A matcher that finds nothing, so that the model is asked."""

    async def match(self, text: str, *, offered: bool) -> Match:
        """No answer."""
        assert text
        assert not offered
        return Match(None, 0.0, 0.0)


class Line:
    """The real clients in front of stub engines."""

    def __init__(self, stubs: StubEngines, session: aiohttp.ClientSession, folder: Path) -> None:
        self.stubs = stubs
        self.llm = Llm(session, LanguageModel(stubs.llm.url, "m", 2048, 60, "Be brief."))
        clients: Any = (SpeechToText(session, stubs.stt.url), self.llm, TextToSpeech(session, stubs.tts.url))
        names = ("stt", "llm", "tts")
        stt, llm, tts = (
            Ladder(name, NEVER_S, [Rung(name, one, 0.1, looks_well)]) for name, one in zip(names, clients, strict=True)
        )
        matcher: Any = Nothing()
        self._chain = Chain(stt, matcher, llm, Voice(tts, "v", folder))
        self._dialogue = Dialogue(Script((), PHRASES), (), may_improvise=True, question="?")

    def begins(self) -> Attempt:
        """A pause of the caller's."""
        return self._chain.attempt(bytes(16000), self._dialogue, [], Noted())


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    stubs = StubEngines()
    await stubs.open()
    async with aiohttp.ClientSession() as session:
        yield Line(stubs, session, tmp_path)
    await stubs.close()


def holds(stub: Stub, window: str | None = None) -> asyncio.Event:
    """Let a stub never answer (a recogniser for one window only); set once it is asked."""
    asked, answer = asyncio.Event(), stub.answer

    async def wait(request: web.Request) -> web.StreamResponse:
        if window not in {None, request.query.get("window")}:
            return await answer(request)
        asked.set()
        await asyncio.sleep(NEVER_S)
        raise AssertionError("nobody closed the request")

    stub.answer = wait
    return asked


@pytest.mark.parametrize("slow", ["stt", "llm", "tts"])
async def test_the_engine_sees_the_close(line: Line, slow: str) -> None:
    """Wherever the work stands when the caller goes on."""
    stub: Stub = getattr(line.stubs, slow)
    asked = holds(stub)
    attempt = line.begins()
    async with asyncio.timeout(10):
        await asked.wait()
        attempt.drop()
        await stub.was_dropped.wait()
        await attempt.ended()

    assert stub.dropped == 1


async def test_the_confirming_recognition_is_closed_too(line: Line) -> None:
    """The short window has answered, the full one runs beside the model."""
    confirming, thinking = holds(line.stubs.stt, "full"), holds(line.stubs.llm)
    attempt = line.begins()
    async with asyncio.timeout(10):
        await confirming.wait()
        await thinking.wait()
        attempt.drop()
        await line.stubs.stt.was_dropped.wait()
        await line.stubs.llm.was_dropped.wait()
        await attempt.ended()

    assert (line.stubs.stt.asked, line.stubs.stt.dropped, line.stubs.llm.dropped) == (2, 1, 1)
