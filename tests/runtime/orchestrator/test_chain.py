"""From audio to an answer, with fake engines."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.orchestrator.noted import Noted, looks_well
from voicectl_runtime.orchestrator.attempt import Attempt
from voicectl_runtime.orchestrator.chain import Chain
from voicectl_runtime.orchestrator.dialogue import Dialogue
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Rung
from voicectl_runtime.orchestrator.engines.llm import Exchange, Looked
from voicectl_runtime.orchestrator.engines.stt import Words
from voicectl_runtime.orchestrator.script.dialogue import Answer, Phrases, Script
from voicectl_runtime.orchestrator.script.matcher import Match
from voicectl_runtime.orchestrator.speech import Speech
from voicectl_runtime.orchestrator.voice import Voice

PHRASES = Phrases("a", "b", "c", "d", "e", "Sorry.", "g", "h", "i", ("j",))
SCRIPT = Script((Answer("hours", ("when",), "At nine."),), PHRASES)


class Engines:
    """Every engine, each with its way to fail."""

    hints = "open, close"

    def __init__(self, folder: Path) -> None:
        self.words = Words("When?", 0.0, 0.0)
        self.full_words: Words | None = None
        self.hinted: Words | None = None
        self.confirmed = asyncio.Event()
        """A full window was heard."""
        self.match_id: str | None = "hours"
        self.lead = 0.2
        self.failures: dict[str, EngineError] = {}
        self.spoken: list[str] = []
        self.tokens = ("At ", "noon, ", "of course, ", "sir.")
        self.breaks_off_after: list[int] = []
        """Tokens, one for each request to come."""
        self.hold_at = ""
        self.closed: list[str] = []
        self.note = Noted()
        engines: Any = self
        stt, llm, tts = (Ladder(name, 1.0, [Rung(name, engines, 0.1, looks_well)]) for name in ("stt", "llm", "tts"))
        self.ladders = stt, llm, tts
        self.chain = Chain(stt, engines, llm, Voice(tts, "v", folder))
        self.dialogue = Dialogue(SCRIPT, (), may_improvise=True, question="?")

    async def recognise(self, pcm: bytes, window: str, rate_hz: int, hints: str = "") -> Words:
        """Speech to text; a second hearing agrees unless a test has another word for it."""
        if hints:
            assert window == "short"
            return self.hinted or self.words
        if window == "full":
            await self._work("stt-full")
            self.confirmed.set()
            return self.full_words or self.words
        assert pcm
        assert rate_hz == 8000
        await self._work("stt")
        return self.words

    async def match(self, text: str, *, offered: bool) -> Match:
        """The script's matcher; to what was heard with hints it finds an answer."""
        assert not offered
        if self.hinted and text == self.hinted.text.rstrip(","):
            return Match("hours", 0.9, 0.9 - self.lead)
        assert text in {self.words.text, self.full_words and self.full_words.text}
        return Match(self.match_id, 0.9, 0.0)

    async def answer(
        self, said: str, history: Sequence[Exchange], looked: Sequence[Looked]
    ) -> AsyncGenerator[str, None]:
        """The language model."""
        assert said in {self.words.text, self.full_words and self.full_words.text}
        assert list(history) == [("Hi.", "Hello.")]
        assert not looked
        await self._work("llm")
        for number, token in enumerate(self.tokens):
            if self.breaks_off_after and number == self.breaks_off_after[0]:
                self.breaks_off_after.pop(0)
                raise EngineError("llm", "reset")
            yield token

    async def speak(self, text: str, rate_hz: int) -> AsyncGenerator[bytes, None]:
        """Text to speech."""
        await self._work("tts")
        self.spoken.append(text)
        assert rate_hz == 8000
        yield bytes(320)

    async def _work(self, engine: str) -> None:
        try:
            if engine == self.hold_at:
                await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.closed.append(engine)
            raise
        if engine in self.failures:
            raise self.failures[engine]

    def begin(self) -> Attempt:
        """An attempt with some history."""
        return self.chain.attempt(b"\0\0", self.dialogue, [("Hi.", "Hello.")], self.note)


@pytest.fixture
async def engines(tmp_path: Path) -> AsyncIterator[Engines]:
    engines = Engines(tmp_path)
    yield engines
    for ladder in engines.ladders:
        await ladder.close()
    assert len(asyncio.all_tasks()) == 1


async def finished(attempt: Attempt) -> None:
    """Let what still runs come to its end."""
    attempt.drop()
    await attempt.ended()
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_script_answers_first(engines: Engines) -> None:
    """What it covers needs no model."""
    attempt = engines.begin()
    answered = await attempt.answer()

    assert answered is not None
    assert (answered.said, answered.reply.text, answered.reply.source) == ("When?", "At nine.", "script")
    assert engines.spoken == ["At nine."]
    assert engines.note.names == ["words_recognised", "answer_chosen"]
    await finished(attempt)


async def test_the_model_speaks_in_clauses(engines: Engines) -> None:
    """The first one is ready before the answer is."""
    engines.match_id = None
    attempt = engines.begin()
    answered = await attempt.answer()

    assert answered is not None
    assert answered.reply.source == "model"
    assert engines.spoken[0] == "At noon, of course,"
    await answered.speech.reach(10000)
    assert answered.speech.text == "At noon, of course, sir."
    assert engines.note.names == ["words_recognised", "answer_chosen", "first_token", "first_clause"]
    await finished(attempt)


async def all_of(speech: Speech) -> str:
    await speech.reach(10**9)
    return speech.text


async def test_a_model_that_breaks_off(engines: Engines) -> None:
    """Whole clauses are spoken, half ones never; the filler announces a second beginning."""
    engines.match_id, engines.breaks_off_after = None, [3]
    attempt = engines.begin()
    answered = await attempt.answer()

    assert answered is not None
    assert await all_of(answered.speech) == "At noon, of course, j At noon, of course, sir."
    assert answered.speech.failure is None
    await finished(attempt)


async def test_a_model_that_breaks_off_twice(engines: Engines) -> None:
    """Is given up, and whoever speaks knows that the answer is not whole."""
    engines.match_id, engines.breaks_off_after = None, [3, 3]
    attempt = engines.begin()
    answered = await attempt.answer()

    assert answered is not None
    assert await all_of(answered.speech) == "At noon, of course, j At noon, of course,"
    assert answered.speech.failure is not None
    await finished(attempt)


async def test_imagined_words_are_no_turn(engines: Engines) -> None:
    """No answer is even looked for."""
    engines.words = Words("", 0.9, -2.0)
    attempt = engines.begin()

    assert await attempt.answer() is None
    assert engines.note.names == ["words_recognised"]


@pytest.mark.parametrize(
    ("full_window", "asked"),
    [
        (Words("Then?", 0.0, -0.5), "Then?"),
        (Words("Then?", 0.0, -0.69), "When?"),
        (Words("", 0.9, -0.1), "When?"),
    ],
    ids=["surer", "not much surer", "nothing"],
)
async def test_the_surer_hearing_is_believed(engines: Engines, full_window: Words, asked: str) -> None:
    """A full window is right no more often than a short one where it is not surer of its words."""
    engines.match_id, engines.words, engines.full_words = None, Words("When?", 0.0, -0.8), full_window
    attempt = engines.begin()
    await engines.confirmed.wait()
    answered = await attempt.answer()

    assert answered is not None
    assert answered.said == asked
    await finished(attempt)


async def test_no_second_hearing_where_it_would_come_too_late(engines: Engines) -> None:
    """On a slow machine it only takes the model's cores."""
    engines.match_id, engines.words = None, Words("When?", 0.0, -0.8, took_ms=200)
    attempt = engines.begin()
    answered = await attempt.answer()

    assert answered is not None
    assert not engines.confirmed.is_set()
    await finished(attempt)


@pytest.mark.parametrize("engine", ["stt", "llm", "tts"])
async def test_an_engine_that_fails(engines: Engines, engine: str) -> None:
    """The caller hears an apology, and the timeline names the engine."""
    engines.match_id = None
    engines.failures[engine] = EngineError(engine, "gone")
    attempt = engines.begin()
    answered = await attempt.answer()

    assert answered is not None
    assert answered.reply.source == "fallback"
    assert {detail["engine"] for name, detail in engines.note.events if name == "engine_failed"} == {engine}
    await finished(attempt)


async def test_dropping_reaches_the_recogniser(engines: Engines) -> None:
    """A request that is under way is closed."""
    engines.hold_at = "stt"
    attempt = engines.begin()
    await asyncio.sleep(0)
    await finished(attempt)

    assert engines.closed == ["stt"]


async def test_dropping_reaches_the_voice(engines: Engines) -> None:
    """The same, a step further."""
    engines.hold_at = "tts"
    attempt = engines.begin()
    for _ in range(10):
        await asyncio.sleep(0)
    await finished(attempt)

    assert engines.closed == ["tts"]
    assert engines.spoken == []


@pytest.mark.parametrize(
    ("hinted", "lead", "said"),
    [
        (Words("when do you open", 0.0, -0.3), 0.2, "when do you open"),
        # A comma is the hints' own, and would be waited behind for a second.
        (Words("when do you open,", 0.0, -0.3), 0.2, "when do you open"),
        (Words("when do you open", 0.0, -0.3), 0.05, "When do you opal?"),
        (Words("when do you open", 0.0, -1.2), 0.2, "When do you opal?"),
        (Words("open, close, open, close", 0.0, -0.3), 0.2, "When do you opal?"),
        (Words("", 0.9, -2.0), 0.2, "When do you opal?"),
    ],
)
async def test_what_was_not_understood_is_heard_again_with_hints(
    engines: Engines, hinted: Words, lead: float, said: str
) -> None:
    """And believed only where the script clearly answers, and the recogniser did not make it up."""
    engines.words, engines.match_id = Words("When do you opal?", 0.0, -0.2), None
    engines.hinted, engines.lead, engines.dialogue.may_improvise = hinted, lead, False
    attempt = engines.begin()
    for _ in range(20):
        await asyncio.sleep(0)
    answered = await attempt.answer()

    assert answered is not None
    assert answered.said == said
    assert attempt.is_covered is (said == "when do you open")
    assert answered.reply.text == ("At nine." if attempt.is_covered else PHRASES.not_understood)
    assert ("words_corrected" in engines.note.names) is attempt.is_covered
    await finished(attempt)
