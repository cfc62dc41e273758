"""The orchestrator's own clients and ladders, with stub engines behind real HTTP and a bad line in between."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

import aiohttp

from tests.runtime.orchestrator.scenarios.engines import AGENT_WORD_MS
from tests.runtime.orchestrator.scenarios.spoken import Vocabulary
from tests.stubs.bad_engine import BadEngine
from tests.stubs.engines import StubEngines
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Rung
from voicectl_runtime.orchestrator.engines.llm import Llm
from voicectl_runtime.orchestrator.engines.rungs import (
    ESPEAK_NEEDS_S,
    FIRST_AUDIO_S,
    FIRST_TOKEN_S,
    LLM_NEEDS_S,
    STT_NEEDS_S,
    TRANSCRIPT_S,
    TTS_NEEDS_S,
    hears,
    says_hello,
    thinks,
)
from voicectl_runtime.orchestrator.engines.stt import SpeechToText
from voicectl_runtime.orchestrator.engines.tts import Speaker, TextToSpeech
from voicectl_runtime.settings import LanguageModel

DELAYS_S: Final = {"stt": 0.07, "llm": 0.2, "tts": 0.06}
TOKEN_S: Final = 0.013


class LastVoice:
    """Stands for espeak-ng, and speaks in capitals, so that a scenario sees who spoke."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.is_there = True

    async def speak(self, text: str, rate_hz: int) -> AsyncGenerator[bytes, None]:
        """All at once."""
        assert rate_hz
        if not self.is_there:
            raise EngineError("tts", "espeak-ng: FileNotFoundError", again_after_s=None)
        yield self._vocabulary.say(text.upper(), AGENT_WORD_MS)


class FaultyEngines:
    """All engines of one call, by name."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary()
        self.sentence = ""
        self.stubs = StubEngines(hear=self._hear, think=self._think, say=self._say, token_s=TOKEN_S)
        self.engines: dict[str, BadEngine] = {}
        self.last_voice = LastVoice(self.vocabulary)
        self._session = aiohttp.ClientSession()

    async def open(self) -> None:
        """Start all."""
        await self.stubs.open()
        for name, delay_s in DELAYS_S.items():
            stub = getattr(self.stubs, name)
            stub.delay_s = delay_s
            self.engines[name] = BadEngine(stub)
            await self.engines[name].proxy.open()

    def ladders(self) -> tuple[Any, Any, Any]:
        """As `rungs.py` makes them from settings."""
        stt = SpeechToText(self._session, self.engines["stt"].proxy.url)
        llm = Llm(self._session, LanguageModel(self.engines["llm"].proxy.url, "m", 2048, 60, "Be brief."))
        voices: list[Rung[Speaker]] = [
            Rung("piper", TextToSpeech(self._session, self.engines["tts"].proxy.url), TTS_NEEDS_S, says_hello),
            Rung("espeak-ng", self.last_voice, ESPEAK_NEEDS_S, says_hello),
        ]
        return (
            Ladder("stt", TRANSCRIPT_S, [Rung("whisper", stt, STT_NEEDS_S, hears)]),
            Ladder("llm", FIRST_TOKEN_S, [Rung("qwen", llm, LLM_NEEDS_S, thinks)]),
            Ladder("tts", FIRST_AUDIO_S, voices),
        )

    async def close(self) -> None:
        """No request of a call that is over may still be open at its engine."""
        await asyncio.sleep(0.5)
        still_open = {name: getattr(self.stubs, name).open for name in DELAYS_S}
        for engine in self.engines.values():
            await engine.proxy.close()
        await self.stubs.close()
        await self._session.close()
        assert not any(still_open.values()), f"requests that were never closed: {still_open}"

    def _hear(self, pcm: bytes) -> str:
        return " ".join(word.text for word in self.vocabulary.heard(pcm) if not word.is_noise)

    def _think(self, said: str) -> list[str]:
        return [f"{word} " for word in self.sentence.replace("{said}", said).split()]

    def _say(self, text: str) -> bytes:
        return self.vocabulary.say(text, AGENT_WORD_MS)
