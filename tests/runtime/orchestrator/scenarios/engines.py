"""Engines whose words, delays and failures a scenario names; each keeps count of what was asked and dropped."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Final, Literal

from tests.runtime.orchestrator.scenarios.spoken import Vocabulary
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.llm import FIRST_TOKEN_S, Exchange
from voicectl_runtime.orchestrator.engines.stt import DEADLINE_S, Words
from voicectl_runtime.orchestrator.engines.tts import FIRST_AUDIO_S
from voicectl_runtime.orchestrator.script.matcher import Match

AGENT_WORD_MS: Final = 200
TOKEN_MS: Final = 13
"""75 tokens a second: SmolLM2-135M on two cores."""
PIECE_BYTES: Final = 640
KEYWORDS: Final = {
    "open": "hours",
    "cost": "price",
    "person": "person",
    "message": "message",
    "bye": "goodbye",
    "yes": "yes",
    "no": "no",
}


class Engine:
    """How long it takes, or how it fails."""

    def __init__(self, name: str, delay_ms: int, deadline_s: float) -> None:
        self.name, self.behaviour, self._deadline_s = name, str(delay_ms), deadline_s
        self.asked = self.dropped = self.open = 0

    async def work(self) -> None:
        """As the real client: the answer, a failure at once, or a failure at the deadline."""
        self.asked += 1
        self.open += 1
        try:
            await self._take_time()
        except asyncio.CancelledError:
            self.dropped += 1
            raise
        finally:
            self.open -= 1

    async def _take_time(self) -> None:
        if self.behaviour == "fails":
            raise EngineError(self.name, "refused")
        if self.behaviour == "hangs":
            await asyncio.get_running_loop().create_future()
        delay_s = int(self.behaviour) / 1000
        await asyncio.sleep(min(delay_s, self._deadline_s))
        if delay_s > self._deadline_s:
            raise EngineError(self.name, "too late")


class Recogniser(Engine):
    """Hears the words that are in the sound."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__("stt", 70, DEADLINE_S)
        self._vocabulary = vocabulary
        self.full_window = Engine("stt-full", 330, DEADLINE_S)

    async def recognise(self, pcm: bytes, window: Literal["short", "full"] = "short") -> Words:
        """Noise is no words."""
        await (self if window == "short" else self.full_window).work()
        heard = [word for word in self._vocabulary.heard(pcm) if not word.is_noise]
        text = " ".join(word.mumbled or word.text if window == "short" else word.text for word in heard)
        return Words(text, 0.1, -0.3) if text else Words("", 0.9, -2.0)


class Keywords:
    """The script's matcher: a word decides."""

    async def match(self, text: str, *, offered: bool = False) -> Match:
        """The newest word that means something."""
        said = [word.strip(".,!?").lower() for word in text.split()]
        found = [KEYWORDS[word] for word in said if word in KEYWORDS]
        known = [each for each in found if offered or each not in {"yes", "no"}]
        return Match(known[-1], 0.9, 0.1) if known else Match(None, 0.1, 0.0)


class Model(Engine):
    """A language model that says one sentence; `{said}` in it is what it was asked."""

    def __init__(self) -> None:
        super().__init__("llm", 200, FIRST_TOKEN_S)
        self.sentence = ""
        self.histories: list[list[Exchange]] = []

    async def answer(self, said: str, history: Sequence[Exchange]) -> AsyncGenerator[str, None]:
        """A token a word."""
        self.histories.append(list(history))
        await self.work()
        for word in self.sentence.replace("{said}", said).split():
            yield f"{word} "
            await asyncio.sleep(TOKEN_MS / 1000)


class Voice(Engine):
    """Text to speech, many times faster than real time after its first sound."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__("tts", 60, FIRST_AUDIO_S)
        self._vocabulary = vocabulary

    async def speak(self, text: str, first_within_s: float = FIRST_AUDIO_S) -> AsyncGenerator[bytes, None]:
        """Sound of the words, 40 ms at a time."""
        assert first_within_s >= FIRST_AUDIO_S
        await self.work()
        sound = self._vocabulary.say(text, AGENT_WORD_MS)
        for at in range(0, len(sound), PIECE_BYTES):
            yield sound[at : at + PIECE_BYTES]
