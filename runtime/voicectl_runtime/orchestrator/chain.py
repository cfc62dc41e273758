"""From a caller's audio to an answer that can be heard: recognise, choose, speak; begun early and dropped for free."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from voicectl_runtime.orchestrator.clauses import clauses
from voicectl_runtime.orchestrator.dialogue import Dialogue, Reply
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Note
from voicectl_runtime.orchestrator.engines.llm import Exchange, Llm
from voicectl_runtime.orchestrator.engines.stt import SpeechToText
from voicectl_runtime.orchestrator.script.matcher import Matcher
from voicectl_runtime.orchestrator.speech import Speech
from voicectl_runtime.orchestrator.voice import Voice


@dataclass(frozen=True)
class Answered:
    """A turn with its answer."""

    said: str
    reply: Reply
    speech: Speech


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

    def __init__(self, stt: Ladder[SpeechToText], matcher: Matcher, llm: Ladder[Llm] | None, voice: Voice) -> None:
        self._stt, self._matcher, self._llm, self._voice = stt, matcher, llm, voice

    def attempt(self, pcm: bytes, dialogue: Dialogue, history: Sequence[Exchange], note: Note) -> Attempt:
        """Begin to answer what was said."""
        return Attempt(lambda each: asyncio.create_task(self._answer(each, pcm, dialogue, history, note)))

    def say(self, reply: Reply, note: Note) -> Speech:
        """Something that needs no engine but the voice."""
        return self._voice.say(reply.text, note)

    async def _answer(
        self, attempt: Attempt, pcm: bytes, dialogue: Dialogue, history: Sequence[Exchange], note: Note
    ) -> Answered | None:
        try:
            words = await self._stt.climb(lambda engine: engine.recognise(pcm), note)
            note("words_recognised", audio_ms=len(pcm) // 16)
            if words.are_imagined:
                return None
            attempt.said = words.text
            match = await self._matcher.match(words.text, offered=bool(dialogue.mood.offered))
            reply = dialogue.decide(words.text, match)
            attempt.is_covered = reply.source == "script"
            note("answer_chosen", source=reply.source, answer_id=reply.answer_id, score=reply.score)
            speech = attempt.has(self._speech(words.text, reply, dialogue, history, note))
            await speech.begun()
        except EngineError:
            # The ladder has noted what failed; the apology lies on the disk.
            reply = dialogue.failed()
            return Answered(attempt.said, reply, attempt.has(self._voice.say(reply.text, note)))
        return Answered(words.text, reply, speech)

    def _speech(self, said: str, reply: Reply, dialogue: Dialogue, history: Sequence[Exchange], note: Note) -> Speech:
        if reply.source == "model" and self._llm is not None:
            filler = dialogue.script.phrases.filler[0]
            return self._voice.say_clauses(_thought(self._llm, said, history, filler, note), note)
        return self._voice.say(reply.text, note)


async def _thought(
    llm: Ladder[Llm], said: str, history: Sequence[Exchange], filler: str, note: Note
) -> AsyncGenerator[str, None]:
    """The model's answer in clauses; where it breaks off it is announced and begun once more."""
    any_yet = False
    for is_again in (False, True):
        try:
            tokens = llm.stream(lambda engine: engine.answer(said, history), note)
            async with aclosing(clauses(tokens)) as closing:
                async for clause in closing:
                    any_yet = True
                    yield clause
        except EngineError:
            if is_again or not any_yet:
                raise
            yield filler
        else:
            return
