"""Engines whose words, delays and failures a scenario names; each keeps count of what was asked and dropped."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final, Literal

from tests.runtime.orchestrator.scenarios.spoken import Vocabulary, at_rate
from voicectl_runtime.orchestrator.band import NARROW
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.llm import Exchange, Looked
from voicectl_runtime.orchestrator.engines.stt import Words
from voicectl_runtime.orchestrator.script.matcher import Match
from voicectl_runtime.orchestrator.tools.tool import RefusedError, Result

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
    "number": "number",
    "order": "order",
    "yes": "yes",
    "no": "no",
}


class Engine:
    """How long it takes, or how it fails."""

    def __init__(self, name: str, delay_ms: int) -> None:
        self.name, self.behaviour = name, str(delay_ms)
        self.asked = self.dropped = self.open = 0

    async def work(self) -> None:
        """As the real client: the answer, a failure at once, or nothing for as long as somebody waits."""
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
        await asyncio.sleep(int(self.behaviour) / 1000)


class Recogniser(Engine):
    """Hears the words that are in the sound."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__("stt", 70)
        self._vocabulary = vocabulary
        self.full_window = Engine("stt-full", 330)
        self.hinted = Engine("stt-hinted", 85)

    async def recognise(
        self, pcm: bytes, window: Literal["short", "full"] = "short", rate_hz: int = NARROW.rate_hz, hints: str = ""
    ) -> Words:
        """Noise is no words; with a full window, or with hints, a mumbled word is understood."""
        assert rate_hz == NARROW.rate_hz
        assert hints in {"", Keywords.hints}
        is_first = window == "short" and not hints
        await (self if is_first else self.hinted if hints else self.full_window).work()
        heard = [word for word in self._vocabulary.heard(pcm) if not word.is_noise]
        text = " ".join(word.mumbled or word.text if is_first else word.text for word in heard)
        is_unsure = is_first and any(word.mumbled for word in heard)
        return Words(text, 0.1, -0.8 if is_unsure else -0.3) if text else Words("", 0.9, -2.0)


class Keywords(Engine):
    """The script's matcher: a word decides."""

    hints = ", ".join(KEYWORDS)

    def __init__(self) -> None:
        super().__init__("matcher", 7)

    async def match(self, text: str, *, offered: bool = False) -> Match:
        """The newest word that means something."""
        await self.work()
        said = [word.strip(".,!?").lower() for word in text.split()]
        found = [KEYWORDS[word] for word in said if word in KEYWORDS]
        known = [each for each in found if offered or each not in {"yes", "no"}]
        return Match(known[-1], 0.9, 0.1) if known else Match(None, 0.1, 0.0)


class TurnModel(Engine):
    """Smart Turn: how complete the voice sounds is said by the scenario."""

    def __init__(self) -> None:
        super().__init__("turn-model", 30)
        self.opinion = 0.9

    async def look(self, pcm: bytes, line_hz: int) -> float:
        """The same for every voice."""
        assert pcm
        assert line_hz == NARROW.rate_hz
        await self.work()
        return self.opinion


class Model(Engine):
    """A language model that says one sentence; `{said}` in it is what it was asked."""

    def __init__(self) -> None:
        super().__init__("llm", 200)
        self.sentence = ""

    async def read(self, _: Sequence[Exchange]) -> None:
        """At once."""

    async def answer(self, said: str, _: Sequence[Exchange], looked: Sequence[Looked]) -> AsyncGenerator[str, None]:
        """A token a word; what a tool told is all that is said then."""
        await self.work()
        sentence = " ".join(each.told for each in looked) or self.sentence.replace("{said}", said)
        for word in sentence.split():
            yield f"{word} "
            await asyncio.sleep(TOKEN_MS / 1000)


class Orders(Engine):
    """A look-up of the operator's."""

    takes_time = True
    definition: Final[Mapping[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__("orders", 500)

    async def use(self, arguments: Mapping[str, object]) -> Result:
        """Says the digits again, which no record may show."""
        try:
            await self.work()
        except EngineError as error:
            raise RefusedError("refused") from error
        return Result(told=f"Order {arguments['digits']} is here.")


class Voice(Engine):
    """Text to speech, many times faster than real time after its first sound."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__("tts", 60)
        self._vocabulary = vocabulary

    async def speak(self, text: str, rate_hz: int) -> AsyncGenerator[bytes, None]:
        """Sound of the words, 40 ms of narrowband at a time."""
        await self.work()
        sound = at_rate(rate_hz, self._vocabulary.say(text, AGENT_WORD_MS))
        for at in range(0, len(sound), PIECE_BYTES):
            yield sound[at : at + PIECE_BYTES]
