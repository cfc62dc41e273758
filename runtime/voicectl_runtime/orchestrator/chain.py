"""From a caller's audio to an answer that can be heard: recognise, choose, speak; begun early and dropped for free."""

import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final

from voicectl_runtime.orchestrator.attempt import Answered, Attempt
from voicectl_runtime.orchestrator.band import Band
from voicectl_runtime.orchestrator.dialogue import Dialogue, Reply
from voicectl_runtime.orchestrator.endpointing.smart_turn import TurnModel
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Note
from voicectl_runtime.orchestrator.engines.llm import Exchange, Llm, Looked
from voicectl_runtime.orchestrator.engines.stt import SpeechToText, Words
from voicectl_runtime.orchestrator.script.hints import is_heard
from voicectl_runtime.orchestrator.script.matcher import Matcher, is_clear
from voicectl_runtime.orchestrator.script.scores import plain
from voicectl_runtime.orchestrator.speech import Speech
from voicectl_runtime.orchestrator.thought import Thought
from voicectl_runtime.orchestrator.tools.collect_digits import CollectDigits, told
from voicectl_runtime.orchestrator.tools.look_up import SCRIPTED_ARGUMENT
from voicectl_runtime.orchestrator.tools.wanted import ToolCall
from voicectl_runtime.orchestrator.voice import Voice
from voicectl_runtime.orchestrator.wanted_digits import Wanted

LONGEST_FIRST_HEARING_MS: Final = 40
"""Behind a slower one, a full window takes the processor from the model that answers: with tiny.en on two cores the
first token came after 265 ms instead of 200, for words that were right no more often (benchmarks/recogniser.py)."""


class Chain:
    """The engines in their order, for all calls."""

    def __init__(
        self,
        stt: Ladder[SpeechToText],
        matcher: Matcher,
        llm: Ladder[Llm] | None,
        voice: Voice,
        turn_model: TurnModel | None = None,
    ) -> None:
        self._stt, self._matcher, self._llm, self._voice = stt, matcher, llm, voice
        self._turn_model, self._band = turn_model, voice.band

    def in_band(self, band: Band) -> "Chain":
        """The same engines for a caller whose telephone carries more, or less."""
        if band is self._band:
            return self
        return Chain(self._stt, self._matcher, self._llm, self._voice.in_band(band), self._turn_model)

    def attempt(self, pcm: bytes, dialogue: Dialogue, history: Sequence[Exchange], note: Note) -> Attempt:
        """Begin to answer what was said."""
        return Attempt(lambda each: self._answer(each, pcm, dialogue, history, note))

    def attempt_typed(
        self, wanted: Wanted, digits: str, dialogue: Dialogue, history: Sequence[Exchange], note: Note
    ) -> Attempt:
        """Begin to answer what was typed; the digits go to whom they are for, and nowhere else."""
        reply = dialogue.typed(wanted, digits)

        def begin() -> Speech:
            if reply.source == "model":
                looked = Looked(ToolCall(CollectDigits.name, {"most": wanted.most}), told(digits))
                return self._speech("", reply, dialogue, history, note, looked=[looked])
            if wanted.look_up and digits:
                call = ToolCall(wanted.look_up, {SCRIPTED_ARGUMENT: digits})
                return self._voice.say_clauses(_looked_up(call, reply, dialogue, note), note)
            return self.say(reply, note)

        return Attempt(lambda each: self._answer_typed(each, reply, begin, dialogue, note))

    async def listen(self, dialogue: Dialogue, history: Sequence[Exchange]) -> None:
        """While the caller speaks: a model that may answer them reads what was said so far."""
        if self._llm is not None and dialogue.may_improvise:
            with contextlib.suppress(EngineError, TimeoutError):
                await self._llm.best.read(history)

    def say(self, reply: Reply, note: Note) -> Speech:
        """Something that needs no engine but the voice."""
        return self._voice.say(reply.text, note)

    async def _answer(
        self, attempt: Attempt, pcm: bytes, dialogue: Dialogue, history: Sequence[Exchange], note: Note
    ) -> Answered | None:
        try:
            words = await self._stt.climb(lambda engine: engine.recognise(pcm, "short", self._band.rate_hz), note)
            note("words_recognised", audio_ms=len(pcm) // self._band.bytes_per_ms)
            if words.are_imagined:
                return None
            if self._turn_model is not None:
                # Not beside the recogniser: what takes its core delays every answer.
                attempt.looks(self._turn_model.look(pcm, self._band.rate_hz))
            reply = await self._choose(attempt, words.text, dialogue, note)
            speaking = attempt.begins(self._speak(attempt, reply, dialogue, history, note))
            if better := await self._better(attempt, pcm, dialogue, reply, words):
                note("words_corrected")
                speaking.cancel()
                reply = await self._choose(attempt, better, dialogue, note)
                speaking = attempt.begins(self._speak(attempt, reply, dialogue, history, note))
            return await speaking
        except EngineError:
            return self._apology(attempt, dialogue, note)

    async def _answer_typed(
        self, attempt: Attempt, reply: Reply, begin: Callable[[], Speech], dialogue: Dialogue, note: Note
    ) -> Answered:
        speech = attempt.has(begin())
        try:
            await speech.begun()
        except EngineError:
            return self._apology(attempt, dialogue, note)
        return Answered("", reply, speech)

    def _apology(self, attempt: Attempt, dialogue: Dialogue, note: Note) -> Answered:
        """The ladder has noted what failed; the apology lies on the disk."""
        reply = dialogue.failed()
        return Answered(attempt.said, reply, attempt.has(self._voice.say(reply.text, note)))

    async def _choose(self, attempt: Attempt, said: str, dialogue: Dialogue, note: Note) -> Reply:
        attempt.said = said
        reply = await self._reply_to(said, dialogue)
        attempt.is_covered = reply.source == "script"
        note("answer_chosen", source=reply.source, answer_id=reply.answer_id, score=reply.score)
        return reply

    async def _reply_to(self, said: str, dialogue: Dialogue) -> Reply:
        return dialogue.decide(said, await self._matcher.match(said, offered=bool(dialogue.mood.offered)))

    async def _speak(
        self, attempt: Attempt, reply: Reply, dialogue: Dialogue, history: Sequence[Exchange], note: Note
    ) -> Answered:
        said = attempt.said
        speech = attempt.has(self._speech(said, reply, dialogue, history, note))
        await speech.begun()
        return Answered(said, reply, speech)

    async def _better(self, attempt: Attempt, pcm: bytes, dialogue: Dialogue, reply: Reply, first: Words) -> str | None:
        """The words of a second hearing, where they are to be answered instead."""
        if reply.source == "fallback":
            return await self._rescued(attempt, pcm, dialogue, first)
        is_hurried = reply.source == "model" and first.took_ms > LONGEST_FIRST_HEARING_MS
        if reply.source == "script" or first.are_sure or is_hurried:
            return None
        return await self._corrected(attempt, pcm, dialogue, reply, first)

    async def _rescued(self, attempt: Attempt, pcm: bytes, dialogue: Dialogue, first: Words) -> str | None:
        """The words of a hearing that expects the script's, where the script clearly answers them.

        Not for a language model or a message, which want the very words: hints would put others in their place.
        """
        hints = self._matcher.hints
        words = await attempt.before_due(self._stt.best.recognise(pcm, "short", self._band.rate_hz, hints))
        if words is None or words.are_imagined or not is_heard(words.text, words.avg_logprob, first.text):
            return None
        # The hints are a list, and so a sentence that is heard with them may seem to end in a comma.
        text = words.text.rstrip(" ,")
        match = await self._matcher.match(text, offered=bool(dialogue.mood.offered))
        return text if is_clear(match) else None

    async def _corrected(
        self, attempt: Attempt, pcm: bytes, dialogue: Dialogue, reply: Reply, first: Words
    ) -> str | None:
        """The words of a full window, where they come before the turn is committed, are surer, and mean something else.

        A full window takes several times as long as a short one on a processor, so it is run only where the silence is
        long anyway: what the script answers is answered before it would be done.
        """
        words = await attempt.before_due(self._stt.best.recognise(pcm, "full", self._band.rate_hz))
        if words is None or not words.are_surer_than(first) or plain(words.text) == plain(first.text):
            return None
        other = await self._reply_to(words.text, dialogue)
        # The same answer of the script's own to other words is the same; a model or a message wants the very words.
        is_same = other.text == reply.text and not (reply.source == "model" or reply.takes)
        return None if is_same else words.text

    def _speech(
        self,
        said: str,
        reply: Reply,
        dialogue: Dialogue,
        history: Sequence[Exchange],
        note: Note,
        *,
        looked: Sequence[Looked] = (),
    ) -> Speech:
        if reply.source == "model" and self._llm is not None:
            thought = Thought(self._llm, dialogue.toolbox, dialogue.script.phrases, reply.wish, note)
            return self._voice.say_clauses(thought.words(said, history, looked), note)
        return self._voice.say(reply.text, note)


async def _looked_up(call: ToolCall, reply: Reply, dialogue: Dialogue, note: Note) -> AsyncGenerator[str, None]:
    """A filler, and then what the operator's service says."""
    yield reply.text
    result = await dialogue.toolbox.use(call)
    note("tool_used" if result else "tool_refused")
    yield result.told if result else dialogue.script.phrases.apology
