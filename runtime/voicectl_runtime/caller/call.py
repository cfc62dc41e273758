"""One call of the phone: signalling, media and conversation tied together."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from voicectl_runtime.caller import sdp
from voicectl_runtime.caller.conversation import HUNG_UP, NOT_ANSWERED, Conversation, Patience, Step
from voicectl_runtime.caller.errors import PhoneError
from voicectl_runtime.caller.g711 import BY_PAYLOAD_TYPE
from voicectl_runtime.caller.line import Line
from voicectl_runtime.caller.media import MediaStream
from voicectl_runtime.caller.recording import Recording
from voicectl_runtime.caller.rtp import Packet
from voicectl_runtime.caller.schedule import SAMPLES, Beat
from voicectl_runtime.caller.sip.session import Session
from voicectl_runtime.caller.voice import QUIETEST, loudness

_CANCELLED: Final = 487
_SILENCE: Final = np.zeros(SAMPLES, dtype=np.int16)


@dataclass
class Outcome:
    """What SIP said."""

    status: int | None = None
    reason: str = ""
    invited_s: float = 0.0
    answered_s: float | None = None
    ended_s: float | None = None
    ended_by: str | None = None
    """`caller`, `agent`, or `longest` where the phone's patience ended it."""

    @property
    def answered(self) -> bool:
        """True when the agent picked up."""
        return self.answered_s is not None


@dataclass
class _Mouth:
    """Where the caller is in a line."""

    line: Line
    position: int = field(default=0)

    def next(self) -> tuple[np.ndarray, bool, bool]:
        """The next frame, whether it is voice, and whether it is the last voice of the line."""
        number, self.position = self.position, self.position + 1
        if number >= len(self.line.frames):
            return _SILENCE, False, False
        return self.line.frames[number], self.line.voiced[number], number == self.line.last_voiced


class Call:
    """Places one call, holds the conversation, and hangs up."""

    def __init__(
        self, session: Session, beat: Beat, lines: Sequence[Line], interruptions: Sequence[float | None]
    ) -> None:
        """Take the lines to say and, for each, how long after the agent's onset it cuts in."""
        self.outcome = Outcome()
        self.session = session
        self.conversation = Conversation(interruptions, Patience())
        self.media = MediaStream(session.address)
        self.recording: Recording | None = None
        self.codec = ""
        self.on_line: Callable[[int], None] = lambda _number: None
        """Told which line begins."""
        self._beat = beat
        self._lines = lines
        self._mouth: _Mouth | None = None
        self._to = ("", 0)
        self._payload_type = 0
        self._done = asyncio.Event()

    async def run(self, codecs: Sequence[str], *, ring_s: float, longest_s: float) -> None:
        """The whole call; what went wrong stands in the outcome."""
        offer = sdp.describe(self.session.address, self.media.port, codecs)
        self.outcome.invited_s = time.monotonic()
        try:
            response = await self.session.place(offer, ring_s=ring_s)
            self.outcome.status, self.outcome.reason = response.status, response.reason
            if response.status == _CANCELLED:
                self.outcome.reason = f"not picked up within {ring_s:g} s"
            if not self.session.connected:
                return
            await self._talk(response.body, offer, longest_s)
        except PhoneError as error:
            self.outcome.reason = str(error)
        finally:
            await self._end()

    async def _talk(self, answer: bytes, offer: bytes, longest_s: float) -> None:
        self.outcome.answered_s = time.monotonic()
        self._take(answer)
        self.session.on_new_offer = lambda body: self._retake(body, offer)
        self.recording = Recording(self.outcome.answered_s)
        self.conversation.connected(self.outcome.answered_s)
        self.media.on_packet = self._heard
        self._beat.joined.add(self._tick)
        waits = [asyncio.ensure_future(event.wait()) for event in (self._done, self.session.ended)]
        try:
            await asyncio.wait(waits, timeout=longest_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self.outcome.ended_by = self._who_ended()

    def _who_ended(self) -> str:
        if self.session.hung_up_by_agent:
            return "agent"
        return "caller" if self._done.is_set() else "longest"

    async def _end(self) -> None:
        self._beat.joined.discard(self._tick)
        self.conversation.end(HUNG_UP if self.outcome.answered else NOT_ANSWERED)
        self.outcome.ended_s = time.monotonic()
        try:
            if self.session.connected:
                await self.session.hang_up()
        finally:
            self.media.close()

    def _take(self, body: bytes) -> None:
        """Send to where the other side now listens."""
        if body:
            description = sdp.parse(body)
            self._to, self._payload_type = (description.address, description.port), description.payload_type
            self.codec = description.codec

    def _retake(self, body: bytes, offer: bytes) -> bytes:
        """Follow a new offer, and say that nothing changed on this side."""
        self._take(body)
        return offer

    def _tick(self) -> None:
        """Twenty milliseconds have passed: send, then look at the clock."""
        assert self.recording is not None  # noqa: S101 - narrows the type; ticks come only while talking
        frame, voiced, last = self._mouth.next() if self._mouth else (_SILENCE, False, False)
        codec = BY_PAYLOAD_TYPE[self._payload_type]
        payload = codec.encode(frame)
        at_s = self.media.send(self._payload_type, payload, self._to)
        self.recording.sent(codec.decode(payload))
        if voiced:
            self.conversation.sent(at_s, last=last)
        step = self.conversation.step(at_s)
        if step is Step.SAY:
            self._mouth = _Mouth(self._lines[self.conversation.line])
            self.on_line(self.conversation.line)
        elif step is Step.HANG_UP:
            self._done.set()

    def _heard(self, packet: Packet, arrived_s: float) -> None:
        codec = BY_PAYLOAD_TYPE.get(packet.payload_type)
        if codec is None or self.recording is None:
            return
        pcm = codec.decode(packet.payload)
        self.recording.received(packet, pcm, arrived_s)
        self.conversation.voice.heard(arrived_s, voiced=loudness(pcm) >= QUIETEST)
