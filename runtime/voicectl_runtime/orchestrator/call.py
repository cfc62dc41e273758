"""One call's life: the row before the answer, the greeting, the talk, and nothing left behind."""

import asyncio
import logging
import secrets
from collections.abc import Mapping
from contextvars import copy_context
from datetime import UTC, datetime
from typing import Final

from voicectl_runtime import logs
from voicectl_runtime.orchestrator.agi import Agi, AgiError, AgiGoneError
from voicectl_runtime.orchestrator.band import WIDE, Halved
from voicectl_runtime.orchestrator.conversation import Conversation
from voicectl_runtime.orchestrator.dialogue import Mood, Reply
from voicectl_runtime.orchestrator.door import Visit
from voicectl_runtime.orchestrator.ears import Ears, now_ms
from voicectl_runtime.orchestrator.echo import COMPARED_MS, Echo
from voicectl_runtime.orchestrator.ending import EndedBy, Ending
from voicectl_runtime.orchestrator.floor import Floor
from voicectl_runtime.orchestrator.hold import hold
from voicectl_runtime.orchestrator.mouth import Mouth
from voicectl_runtime.orchestrator.office import Office
from voicectl_runtime.orchestrator.onset import HINT
from voicectl_runtime.orchestrator.record import CallRecord
from voicectl_runtime.orchestrator.recording import Recording, write_message
from voicectl_runtime.orchestrator.turn import Turn
from voicectl_runtime.orchestrator.wide_ears import WideEars

_log: Final = logging.getLogger(__name__)

ANSWER_S: Final = 5.0


class Call:
    """A call from the door to its end."""

    def __init__(self, visit: Visit, office: Office) -> None:
        """Own the visit and all that came with it."""
        self._office, self._visit = office, visit
        self.call_id: Final = new_call_id()
        self._band: Final = visit.band
        self._chain: Final = office.chain.in_band(self._band)
        self.pid: Final = visit.pid
        """The bridge's, for the reaper."""
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[Ending] = self._loop.create_future()
        self._record = CallRecord(office.record, self.call_id)
        self._recording = self._new_recording()
        self._conversation: Conversation | None = None
        self._context = copy_context()
        """Holds the call's id for log lines; audio arrives outside of the call's own task."""
        self._probe: asyncio.Task[None] | None = None
        self._is_answered = self._has_place = False
        self._agi = Agi(visit.replies, visit.commands, self._session_ended, self._pressed)
        self._ears = (WideEars if self._band is WIDE else Ears)(visit.audio, self._heard)
        self._mouth = Mouth(
            self._agi,
            office.settings.paths.chunks / office.record.owner / self.call_id,
            office.settings.calls.buffer_ms,
            on_sound=self._plays,
            on_cut=self._was_cut,
        )
        self._echo = Echo()
        self._narrowed = Halved() if self._band is WIDE else None
        self._stream = office.detector.stream(self._on_window)
        self._loop.add_reader(visit.connection, self._bridge_ended)

    async def run(self) -> None:
        """Hold the call until it ends; every way out leads through the clean-up."""
        logs.CALL_ID.set(self.call_id)
        self._context = copy_context()
        longest = self._loop.call_later(self._office.settings.calls.longest_s, self.take_leave, "longest")
        try:
            await self._answer()
            if await self._take_place():
                self._greet()
            await self._leave(await self._ended)
        except AgiGoneError as error:
            _log.info("agi_ended", extra={"why": str(error)})
            self._hung_up()
        except AgiError as error:
            _log.info("agi_ended", extra={"why": str(error)})
            self._end(Ending("error"))
        except Exception:  # noqa: BLE001 - one call's failure must not touch the others
            _log.exception("call_failed")
            self._end(Ending("error"))
        finally:
            longest.cancel()
            self._let_go()
            if self._has_place:
                self._office.room.leave()
            await self._write_off()

    def take_leave(self, why: EndedBy = "agent") -> None:
        """End the call politely: it is too long, or the service stops."""
        if self._conversation is not None:
            self._context.run(self._conversation.take_leave, why)
        else:
            self._end(Ending("cancelled"))
            self._agi.close()

    async def _answer(self) -> None:
        """The row is durable before the caller is answered."""
        await self._record.begin(*who_calls(self._visit.environment))
        _log.info("call_started", extra={"reason": self._visit.reason, "rate_hz": self._band.rate_hz})
        # After a transfer that found nobody the call has been answered long ago; once more does no harm.
        if (await self._agi.command("ANSWER", within_s=ANSWER_S)).result < 0:
            raise AgiGoneError("hung up before it was answered")
        self._is_answered = True
        self._record.answered()

    async def _take_place(self) -> bool:
        """Whether the caller is let in, perhaps after a while on hold; if not, the call has an end."""
        room, calls = self._office.room, self._office.settings.calls
        if room.is_full:
            self._note("on_hold", before=room.waiting)
            self._has_place = await hold(room, self._ended, self._ask_to_hold, calls.longest_wait_s)
            self._note("off_hold", is_let_in=self._has_place)
        else:
            await room.enter()
            self._has_place = True
        if self._has_place and not self._ended.done():
            return True
        if not self._ended.done():
            await self._send_away()
        return False

    async def _ask_to_hold(self) -> None:
        await self._say(self._office.script.phrases.hold)

    async def _send_away(self) -> None:
        """Nobody became free in time: a person takes the call, or there is a goodbye."""
        people = self._office.settings.people
        if not people:
            await self._say(self._office.script.phrases.goodbye)
        self._end(Ending("transfer", people[0].key) if people else Ending("busy"))

    async def _say(self, text: str) -> None:
        """Before there is a conversation."""
        speech = self._chain.say(Reply(text, "system", Mood()), self._note)
        await self._mouth.say(speech, lambda: None)

    def _note(self, name: str, **detail: object) -> None:
        self._record.note(name, now_ms(), detail)

    def _greet(self) -> None:
        dialogue = self._office.dialogue(may_transfer=self._visit.reason != "nobody")
        turn = Turn(self._office.settings.turns, now_ms())
        self._conversation = Conversation(
            self._chain,
            dialogue,
            self._end,
            floor=Floor(turn, self._ears, self._mouth, self._record),
        )
        if self._visit.reason == "nobody":
            self._conversation.greet(dialogue.nobody_free())
            return
        self._conversation.greet(Reply(self._office.greeting, "system", Mood(last_said=self._office.greeting)))
        if self._office.settings.agent.disclosure:
            self._record.disclosed()

    async def _leave(self, ending: Ending) -> None:
        """Tell the dialplan what comes next; a caller that is gone needs nothing, a failure is for the dialplan."""
        if ending.ended_by in {"caller", "cancelled", "error"}:
            return
        if ending.ended_by == "transfer":
            await self._agi.command("SET", "VARIABLE", "VOICECTL_NEXT", ending.person)
        self._visit.leave()

    def _let_go(self) -> None:
        """Close every descriptor at once, so that Asterisk frees the channel."""
        if self._probe is not None:
            self._probe.cancel()
        self._agi.close()
        self._ears.close()
        self._stream.close()
        self._loop.remove_reader(self._visit.connection)
        self._visit.connection.close()

    async def _write_off(self) -> None:
        """Cancel what still runs, and complete the record."""
        if self._conversation is not None:
            await self._conversation.close()
            for number, (said, pcm) in enumerate(self._conversation.messages, 1):
                path = self._office.settings.paths.recordings / f"{self.call_id}-message-{number}.wav"
                await self._loop.run_in_executor(self._office.disk, write_message, path, pcm, self._band.rate_hz)
                await self._record.take_message(said, path)
        self._mouth.close()
        if self._recording is not None:
            self._recording.finish()
        ending = self._ended.result()
        recording = self._recording.path if self._recording else None
        degraded = ",".join(sorted(self._record.degraded)) or None
        await self._record.end(ending.ended_by, recording, self._ears.audio_gap_ms, degraded)
        _log.info("call_ended", extra={"ended_by": ending.ended_by, "audio_gap_ms": round(self._ears.audio_gap_ms)})

    def _end(self, ending: Ending) -> None:
        if not self._ended.done():
            self._ended.set_result(ending)

    def _hung_up(self) -> None:
        self._end(Ending("caller" if self._is_answered else "cancelled"))
        self._agi.close()

    def _bridge_ended(self) -> None:
        """A readable socket means that the bridge has died: with the caller's hang-up, or else by our fault."""
        self._loop.remove_reader(self._visit.connection)
        self._probe = self._loop.create_task(self._ask_for_life())
        self._probe.add_done_callback(self._probed)

    def _session_ended(self, error: AgiError) -> None:
        if isinstance(error, AgiGoneError):
            self._hung_up()
        else:
            _log.error("agi_failed", extra={"why": str(error)})
            self._end(Ending("error"))

    def _heard(self, pcm: bytes, at_ms: float) -> None:
        if self._conversation is None:
            return
        if self._recording is not None:
            self._recording.caller_said(pcm)
        self._stream.feed(pcm, at_ms)

    def _pressed(self, key: str) -> None:
        if self._recording is not None:
            self._recording.caller_pressed()
        if self._conversation is not None:
            self._context.run(self._conversation.pressed, key)

    async def _ask_for_life(self) -> None:
        """Asterisk refuses this command on a channel that was hung up, whatever became of the bridge."""
        if (await self._agi.command("WAIT", "FOR", "DIGIT", "1")).result < 0:
            self._hung_up()
        else:
            _log.error("bridge_crashed")
            self._end(Ending("error"))

    def _probed(self, probe: asyncio.Task[None]) -> None:
        if not probe.cancelled() and isinstance(error := probe.exception(), AgiError):
            _log.info("agi_ended", extra={"why": str(error)})

    def _on_window(self, probability: float, at_ms: float) -> None:
        if self._conversation is not None:
            if self._echo.may_be_heard(at_ms):
                heard = self._ears.newest(at_ms, COMPARED_MS)
                if self._echo.is_heard(heard, at_ms, voiced=probability >= HINT):
                    probability = 0.0
            self._context.run(self._conversation.heard, probability, at_ms)

    def _plays(self, text: str, sound: bytes) -> None:
        if self._narrowed is not None:
            sound = self._narrowed.take(sound)
        self._echo.plays(sound)
        if self._recording is not None:
            is_private = self._conversation is not None and self._conversation.minutes.hide(text)
            self._recording.agent_says(bytes(len(sound)) if is_private else sound)

    def _was_cut(self) -> None:
        self._echo.was_cut()
        if self._recording is not None:
            self._recording.agent_was_cut()

    def _new_recording(self) -> Recording | None:
        if not self._office.settings.calls.record:
            return None
        return Recording(self._office.settings.paths.recordings / f"{self.call_id}.wav", self._office.disk)


def who_calls(environment: Mapping[str, str]) -> tuple[str, str, str]:
    """SIP Call-ID, number and name; the dialplan has taken from the first two what does not belong there."""
    number = environment.get("arg_2") or environment.get("callerid", "")
    return environment.get("arg_1", ""), number, environment.get("calleridname", "")


def new_call_id() -> str:
    """Sorts by time, and serves as a file's name."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
