"""From a caller's audio to an answer that can be heard: recognise, choose, speak; begun early and dropped for free."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from voicectl_runtime.orchestrator.clauses import clauses
from voicectl_runtime.orchestrator.dialogue import Dialogue, Reply
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.llm import Exchange, Llm
from voicectl_runtime.orchestrator.engines.stt import SpeechToText
from voicectl_runtime.orchestrator.script.matcher import Matcher
from voicectl_runtime.orchestrator.speech import Speech
from voicectl_runtime.orchestrator.voice import Voice

_log: Final = logging.getLogger(__name__)


class Note(Protocol):
    """Takes the name of something that happened, for the call's timeline."""

    def __call__(self, name: str, **detail: object) -> None:
        """Write it down with the time of now."""


@dataclass(frozen=True)
class Answered:
    """A turn with its answer."""

    said: str
    reply: Reply
    speech: Speech
    engine: str = ""
    """The engine that failed, where the reply is an apology."""


class Attempt:
    """One run of the chain, perhaps before it is certain that the caller has finished."""

    def __init__(self, work: Callable[["Attempt"], "asyncio.Task[Answered | None]"]) -> None:
        self._speech: Speech | None = None
        self.said = ""
        """The words, as soon as they are known: a call that ends before its answer keeps them."""
        self.is_covered = False
        """Whether the script has an answer to these words."""
        self._task = work(self)

    async def answer(self) -> Answered | None:
        """The answer once it is there; None when nothing was said."""
        return await self._task

    def has(self, speech: Speech) -> Speech:
        """Note the speech, so that dropping the attempt also stops its maker."""
        self._speech = speech
        return speech

    async def ended(self) -> None:
        """Wait until no work is left, whatever came of it."""
        await asyncio.wait({self._task})

    def drop(self) -> None:
        """Stop all work, at the engines too."""
        self._task.cancel()
        if self._speech is not None:
            self._speech.close()


class Chain:
    """The engines in their order, for all calls."""

    def __init__(self, stt: SpeechToText, matcher: Matcher, llm: Llm | None, voice: Voice) -> None:
        self._stt, self._matcher, self._llm, self._voice = stt, matcher, llm, voice

    def attempt(self, pcm: bytes, dialogue: Dialogue, history: Sequence[Exchange], note: Note) -> Attempt:
        """Begin to answer what was said."""
        return Attempt(lambda each: asyncio.create_task(self._answer(each, pcm, dialogue, history, note)))

    def say(self, reply: Reply) -> Speech:
        """Something that needs no engine but the voice."""
        return self._voice.say(reply.text)

    async def _answer(
        self, attempt: Attempt, pcm: bytes, dialogue: Dialogue, history: Sequence[Exchange], note: Note
    ) -> Answered | None:
        try:
            words = await self._stt.recognise(pcm)
            note("words_recognised", audio_ms=len(pcm) // 16)
            if words.are_imagined:
                return None
            attempt.said = words.text
            match = await self._matcher.match(words.text, offered=bool(dialogue.mood.offered))
            reply = dialogue.decide(words.text, match)
            attempt.is_covered = reply.source == "script"
            note("answer_chosen", source=reply.source, answer_id=reply.answer_id, score=reply.score)
            speech = attempt.has(self._speech(words.text, reply, history))
            await speech.begun()
        except EngineError as error:
            _log.warning("engine_failed", extra={"engine": error.engine, "why": str(error)})
            note("engine_failed", engine=error.engine, why=str(error))
            reply = dialogue.failed()
            return Answered(attempt.said, reply, attempt.has(self._voice.say(reply.text)), error.engine)
        return Answered(words.text, reply, speech)

    def _speech(self, said: str, reply: Reply, history: Sequence[Exchange]) -> Speech:
        if reply.source == "model" and self._llm is not None:
            return self._voice.say_clauses(clauses(self._llm.answer(said, history)))
        return self._voice.say(reply.text)
