"""One call's talk: what each event of the turn sets going, and what it stops."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from voicectl_runtime.orchestrator.agi import AgiGoneError
from voicectl_runtime.orchestrator.attempt import Answered, Attempt
from voicectl_runtime.orchestrator.chain import Chain
from voicectl_runtime.orchestrator.dialogue import Dialogue, Reply
from voicectl_runtime.orchestrator.digits import Digits
from voicectl_runtime.orchestrator.ears import now_ms
from voicectl_runtime.orchestrator.ending import EndedBy, Ending, ending_after
from voicectl_runtime.orchestrator.endpointing import Known
from voicectl_runtime.orchestrator.endpointing.choose import endpointing_of
from voicectl_runtime.orchestrator.floor import Floor
from voicectl_runtime.orchestrator.joining import Joining, Message
from voicectl_runtime.orchestrator.minutes import Minutes
from voicectl_runtime.orchestrator.reading import Reading
from voicectl_runtime.orchestrator.record import TurnRow
from voicectl_runtime.orchestrator.tasks import Tasks
from voicectl_runtime.orchestrator.turn import (
    LAST_SILENCE,
    CallerSilent,
    Event,
    FalselyStopped,
    Interrupted,
    SpeechPaused,
    SpeechResumed,
    State,
    TurnCommitted,
    Yielded,
)
from voicectl_runtime.orchestrator.waiting import Waiting
from voicectl_runtime.orchestrator.wanted_digits import Wanted

if TYPE_CHECKING:
    import asyncio

_log: Final = logging.getLogger(__name__)


class Conversation:
    """Between a caller's ears and mouth."""

    def __init__(self, chain: Chain, dialogue: Dialogue, end: Callable[[Ending], None], floor: Floor) -> None:
        """`end` is called when the conversation is over, perhaps more than once; the first reason counts."""
        self._chain, self._dialogue, self._end = chain, dialogue, end
        self._turn, self._ears, self._mouth, self._record = floor.turn, floor.ears, floor.mouth, floor.record
        self._attempt: Attempt | None = None
        self._spoken: Answered | None = None
        self._responding: asyncio.Task[None] | None = None
        self._tasks = Tasks(self._failed)
        self._endpointing = endpointing_of(self._turn.policy)
        self._waiting = Waiting(chain, dialogue, self._mouth, self._note_for_next)
        self._last_words: Ending | None = None
        self._message = b""
        self.messages: list[Message] = []
        """What the caller left for the operator, in words and as sound."""
        self._joining = Joining(dialogue, self._record, self.messages)
        self._digits = Digits(floor, dialogue, self._typed, lambda: self._attempt is not None)
        self.minutes: Final = Minutes(self._record, self._digits)
        self._reading = Reading(chain, dialogue, self.minutes, self._tasks)

    def greet(self, reply: Reply) -> None:
        """Speak first."""
        self._say(reply, ended=None)

    def take_leave(self, ended_by: EndedBy) -> None:
        """End the call from our side, whatever is going on, but with a goodbye; it answers what was said last."""
        if self._last_words is None:
            said = self._attempt.said if self._attempt else ""
            self._drop_attempt()
            self._hush()
            self._say(self._dialogue.goodbye(), ended=Ending(ended_by), said=said)

    def heard(self, probability: float, at_ms: float) -> None:
        """One window of the caller's audio."""
        stop_ms = self._stop_ms() if self._turn.may_end else self._turn.policy.stop_ms
        for event in self._turn.heard(probability, at_ms, stop_ms):
            self._react(event)
        if self._turn.state is State.COMMITTED and self._attempt and self._only_assents(self._attempt.said):
            self._go_on(was_noise=False)
        self._ears.forget_before(at_ms if self._turn.began_ms is None else self._turn.began_ms)

    def pressed(self, key: str) -> None:
        """One key of the caller's; which one it was stands nowhere, since it may belong to a card's number."""
        self._turn.caller_is_there(now_ms())
        asking = self._spoken.reply.wish.wanted if self._spoken else None
        is_digit = self._last_words is None and self._digits.want(key, asking)
        reply = None if is_digit or self._last_words or self._digits.were_ended_by(key) else self._dialogue.press(key)
        self._note("key_pressed", at_ms=now_ms(), answer_id=reply and reply.answer_id)
        if is_digit or reply:
            self._drop_attempt()
            self._turn.nothing_to_answer()
            self._hush()
        if reply is not None:
            self._digits.forget()
            self._say(reply, ended=None)
        elif is_digit:
            self._digits.press(key)

    def _typed(self, wanted: Wanted, digits: str) -> None:
        self._turn.caller_typed()
        about = (self._dialogue, self._heard_so_far(), self._note_for_next)
        self._attempt = self._chain.attempt_typed(wanted, digits, *about)
        self._responding = self._tasks.start(self._respond(self._attempt))

    def _stop_ms(self) -> int:
        """How long a silence must last to end the turn, by what is known of it now."""
        attempt, is_message = self._attempt, self._dialogue.mood.is_taking_message
        if attempt is None:
            return self._endpointing.stop_ms(Known(is_message=is_message))
        if self._only_assents(attempt.said):
            return self._turn.policy.stop_ms
        was_cut_off, sounds = self._turn.was_cut_off, attempt.sounds_complete
        return self._endpointing.stop_ms(Known(attempt.said, attempt.is_covered, is_message, was_cut_off, sounds))

    def _only_assents(self, said: str) -> bool:
        """Whether what the caller said over the agent asks for no answer."""
        return self._turn.is_yielding and self._joining.only_assents(said)

    async def close(self) -> None:
        """Cancel all work; a turn whose words are known is written even if its answer was never heard."""
        attempt = self._attempt
        if attempt is not None and not self._only_assents(attempt.said):
            self._joining.join()
        self._drop_attempt()
        self._hush()
        await self._tasks.close()
        if attempt is None:
            return
        self._note("work_cancelled", at_ms=now_ms())
        await attempt.ended()
        if said := attempt.said:
            self._record.turn += 1
            await self._record.write_turn(TurnRow(self._record.turn, said, "", "system", interrupted=True))

    def _react(self, event: Event) -> None:
        if self._last_words is not None:
            return
        match event:
            case SpeechPaused():
                self._begin_attempt(event.began_ms)
            case SpeechResumed():
                self._drop_attempt()
                self._note("speculation_dropped", at_ms=event.at_ms)
            case TurnCommitted():
                self._commit(event)
            case Yielded():
                self._note("yielded", at_ms=event.at_ms, began_ms=round(event.began_ms, 1))
                self._joining.take_back(event.began_ms)
                self._mouth.hold()
            case FalselyStopped():
                self._go_on(was_noise=True)
            case Interrupted():
                self._break_off(event.at_ms)
            case CallerSilent():
                self._ask_into_silence(event.times)

    def _commit(self, event: TurnCommitted) -> None:
        if self._attempt is None:
            self._begin_attempt(event.began_ms)
        self._note("caller_stopped", at_ms=event.stopped_ms, turn=self._record.turn + 1)
        self._note("turn_committed", at_ms=event.at_ms, turn=self._record.turn + 1, cut=event.cut)
        if self._attempt is not None:
            self._responding = self._tasks.start(self._respond(self._attempt))

    def _begin_attempt(self, began_ms: float) -> None:
        self._message = self._joining.before + self._ears.speech_since(began_ms)
        self._attempt = self._chain.attempt(self._message, self._dialogue, self._heard_so_far(), self._note_for_next)

    def _heard_so_far(self) -> list[tuple[str, str]]:
        spoken = None if self._joining.is_open else self._spoken
        return self.minutes.so_far(spoken, self._mouth.heard_ms)

    def _drop_attempt(self) -> None:
        if self._attempt is not None:
            self._attempt.drop()
            self._attempt = None
        self._waiting.stop()
        if self._responding is not None:
            self._responding.cancel()
            self._responding = None
            if not self._turn.is_yielding:
                self._spoken = None

    def _hush(self) -> None:
        """Silence on the line now; the task that speaks finds out by itself."""
        self._joining.put_back()
        if self._spoken is not None:
            self._spoken.speech.close()
            self._spoken = None
            self._mouth.stop()

    def _break_off(self, at_ms: float) -> None:
        """What the agent fell silent for is a turn of the caller's."""
        self._note("joined" if (is_joined := self._joining.join()) else "interrupted", at_ms=at_ms)
        self._turn.is_yielding, self._turn.was_cut_off = False, self._turn.was_cut_off or is_joined
        self._hush()

    def _go_on(self, *, was_noise: bool) -> None:
        """What the agent fell silent for asks for no answer."""
        self._joining.put_back()
        self._note("went_on", at_ms=now_ms())
        self._drop_attempt()
        if self._turn.is_yielding:
            self._turn.agent_goes_on(was_noise=was_noise)
        self._ears.forget_answered()
        self._mouth.go_on()

    async def _respond(self, attempt: Attempt) -> None:
        answered = await self._waiting.answer(attempt, self._may_fill)
        if answered is not None:
            self._turn.caller_is_there(now_ms())
        if self._turn.is_yielding:
            if answered is None or self._only_assents(answered.said):
                self._go_on(was_noise=answered is None)
                return
            self._break_off(now_ms())
        if answered is None or not (answered.reply.text or answered.reply.source == "model"):
            # Nothing was said, or there is nothing to say: the caller keeps the floor.
            self._attempt = None
            self._turn.nothing_to_answer()
            return
        await self._speak(answered, None)

    def _may_fill(self, said: str) -> bool:
        """Whether the caller may be told to wait; what the agent may still go on with is not given up for that."""
        if self._turn.is_yielding and said and not self._only_assents(said):
            self._break_off(now_ms())
        return not self._turn.is_yielding

    def _say(self, reply: Reply, *, ended: Ending | None, said: str = "") -> None:
        self._last_words = ended
        self._turn.agent_started()
        _ = self._tasks.start(self._speak(Answered(said, reply, self._chain.say(reply, self._note_for_next)), ended))

    def _ask_into_silence(self, times: int) -> None:
        self._note("silence_asked", at_ms=now_ms(), times=times)
        ended = None if times < LAST_SILENCE else Ending("silence")
        self._say(self._dialogue.goodbye() if ended else self._dialogue.still_there(), ended=ended)

    async def _speak(self, answered: Answered, ending: Ending | None) -> None:
        """Say one answer, and do what follows it."""
        self._spoken, speech, row = answered, answered.speech, self.minutes.row(answered)
        failures = self._dialogue.mood.failures
        spoken = await self._mouth.say(speech, lambda: self._first_sound(answered, row))
        self._spoken = None if self._spoken is answered else self._spoken
        text = speech.said_until(spoken.heard_ms) if spoken.was_interrupted else speech.text or answered.reply.text
        lengths = {"heard_ms": round(spoken.heard_ms), "gap_ms": round(spoken.gap_ms)}
        self._note("speech_finished", at_ms=now_ms(), turn=row.number, **lengths)
        if self._joining.is_void(answered):
            return
        if not spoken.was_interrupted:
            self._turn.agent_finished(now_ms())
        await self.minutes.write(answered, row, text, was_interrupted=spoken.was_interrupted)
        if answered.said and spoken.was_interrupted:
            self._reading.heard()
        if answered.reply.source == "model":
            self._dialogue.has_improvised(answered.reply, text, was_interrupted=spoken.was_interrupted)
        if speech.failure and answered.reply.source != "fallback" and not spoken.was_interrupted:
            # The answer broke off for good: that is a failed turn, however much of it was heard.
            self._dialogue.mood = replace(self._dialogue.mood, failures=failures)
            self._say(self._dialogue.failed(), ended=ending)
        else:
            self._follow(answered.reply, ending, was_interrupted=spoken.was_interrupted)

    def _first_sound(self, answered: Answered, row: TurnRow) -> None:
        """From here on the turn is answered, and the caller going on is an interruption."""
        self._note("first_audio_sent", at_ms=now_ms(), turn=row.number)
        self._turn.agent_started()
        self._ears.forget_answered()
        self._attempt = self._responding = None
        self._record.turn = row.number
        self._joining.begins(answered, self._message, now_ms())
        self._dialogue.mood = answered.reply.mood
        if answered.said:
            self._reading.ahead(answered)
            self._digits.forget()
        if answered.reply.takes:
            self.messages.append((answered.reply.takes, self._message))
        # Until it is known to be heard as a whole, the answer counts as broken off: a hang-up may come before that.
        self._record.write_turn_soon(replace(row, interrupted=True))

    def _follow(self, reply: Reply, ending: Ending | None, *, was_interrupted: bool) -> None:
        if after := ending or (None if was_interrupted else ending_after(reply)):
            self._end(after)

    def _note(self, name: str, *, at_ms: float, turn: int | None = None, **detail: object) -> None:
        self._record.note(name, at_ms, detail, turn)

    def _note_for_next(self, name: str, **detail: object) -> None:
        self._record.note(name, now_ms(), detail, self._record.turn + 1)

    def _failed(self, error: BaseException) -> None:
        if not (is_gone := isinstance(error, AgiGoneError)):
            _log.error("call_failed", exc_info=error)
        self._end(Ending("caller" if is_gone else "error"))
