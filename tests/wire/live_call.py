"""A caller who is in the middle of a call, and may do anything at any moment: SIP and RTP on a thread of its own."""

import secrets
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np

from tests.wire.network import Network
from tests.wire.patience import until
from voicectl_runtime.caller import sdp
from voicectl_runtime.caller.g711 import BY_PAYLOAD_TYPE, Pcm
from voicectl_runtime.caller.line import line_of_text
from voicectl_runtime.caller.rtp import Packet
from voicectl_runtime.caller.rtp import parse as parse_rtp
from voicectl_runtime.caller.sip.dialog import Dialog, acknowledge_refusal, cancellation, new_token
from voicectl_runtime.caller.sip.message import Request, Response, parse
from voicectl_runtime.caller.sip.reply import reply_to
from voicectl_runtime.caller.voice import QUIETEST, AgentVoice, loudness

ADDRESS: Final = "127.0.0.2"
NUMBER: Final = "+15551230100"
BEAT_S: Final = 0.02
MICRO_LAW: Final = BY_PAYLOAD_TYPE[0]
EVENTS: Final = 101
SILENCE: Final = np.zeros(160, dtype=np.int16)


class LiveCall:
    """One call from the telephone company's server, which needs no password."""

    payload_type = 0
    """What this telephone sends, and takes for sound."""

    def __init__(
        self,
        port: int,
        *,
        number: str = NUMBER,
        name: str = "Ann",
        acknowledges: bool = True,
        echo: tuple[float, int] | None = None,
        network: Network | None = None,
    ) -> None:
        """Ring.

        `acknowledges` is off for a caller whose ACK never comes; an `echo` gives back what is heard, so many decibels
        louder (below zero: fainter) and so many milliseconds later. The `network` carries what the caller says.
        """
        self._network = network or Network()
        self._echo, self._returning, self._returns = echo, deque[Pcm](), False
        self._sip, self._rtp = _bound(), _bound()
        self._server, self._acknowledges = ("127.0.0.1", port), acknowledges
        here = f"{ADDRESS}:{self._sip.getsockname()[1]}"
        target = f"sip:{number}@127.0.0.1:{port}"
        caller = f'"{name}" <sip:5551234@{ADDRESS}>;tag={new_token()}'
        self._dialog = Dialog(here, f"{new_token()}@{ADDRESS}", caller, f"<{target}>", target)
        self.sip_call_id: Final = self._dialog.call_id
        self.invited_s: Final = time.monotonic()
        self.status: int | None = None
        """The final answer to the INVITE."""
        self.answered_s: float | None = None
        self.answer = b""
        """The agent's description of the sound."""
        self.answers = 0
        """How often the agent said that it has answered."""
        self.ended_s: float | None = None
        """When the agent hung up."""
        self.stopped_s: float | None = None
        """When the last voice of a line went out."""
        self.is_cut_off = False
        """Not a packet more comes from this caller."""
        self.voice = AgentVoice()
        self._heard: list[tuple[float, Pcm]] = []
        self._frames: Iterator[tuple[Pcm, bool]] = iter(())
        self._to = ("", 0)
        self._sequence = 0
        self._said_bye = False
        self._over = threading.Event()
        body = self._offer(self._rtp.getsockname()[1])
        self._invite = self._dialog.request("INVITE", 1, headers=(("Content-Type", "application/sdp"),), body=body)
        self._send(self._invite)
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        """Begin to speak."""
        line = line_of_text(text)
        self.stopped_s = None
        frames = zip(line.frames, range(len(line.frames)), strict=True)
        self._frames = iter([(frame, number == line.last_voiced) for frame, number in frames])

    def press(self, key: str, length_ms: int = 100) -> float:
        """Press one key (RFC 4733) and let it go again; returns when that was."""
        event, began = "0123456789*#".index(key), self._sequence * 160
        frames = length_ms // 20
        for number in range(frames + 3):  # the end is said three times, since packets are lost
            is_end = number >= frames
            told = struct.pack("!BBH", event, is_end << 7 | 10, 160 * min(number + 1, frames + 1))
            self._sequence += 1
            self.send_rtp(Packet(EVENTS, self._sequence % 65536, began, 1, told, marker=not number).encode())
            time.sleep(0 if is_end else BEAT_S)
        return time.monotonic()

    def send_rtp(self, datagram: bytes) -> None:
        """Anything at all, to where the agent listens."""
        self._rtp.sendto(datagram, self._to)

    def packet(self, payload: bytes, payload_type: int = 0) -> bytes:
        """The next packet of this caller's stream."""
        self._sequence += 1
        return Packet(payload_type, self._sequence % 65536, self._sequence * 160, 1, payload).encode()

    def hang_up(self) -> None:
        """End the call, in whatever state it is; a call that is over already stays as it is."""
        if self.status is None:
            self._send(cancellation(self._invite))
        elif self.status < 300 and self.ended_s is None and not self._said_bye:
            self._said_bye = True
            self._send(self._dialog.request("BYE", 2))

    def close(self) -> None:
        """Hang up and put the telephone away."""
        self.hang_up()
        if self.status is None:
            until(lambda: self.status, 5, "the call that was cancelled is over")
            self.hang_up()  # an answer may have crossed the CANCEL
        self._over.set()
        self._thread.join()
        self._sip.close()
        self._rtp.close()

    def voice_after(self, at_s: float) -> float | None:
        """When the agent's first voice after that moment was heard."""
        return next((max(at_s, spurt.started_s) for spurt in list(self.voice.spurts) if spurt.ended_s > at_s), None)

    def silent_for_s(self) -> float:
        """How long the agent has said nothing, once it has spoken."""
        return time.monotonic() - self.voice.spurts[-1].ended_s if self.voice.spurts else 0.0

    def sound_after(self, at_s: float) -> bytes:
        """What was heard from then on: 16-bit samples at 8 kHz."""
        return b"".join(pcm.tobytes() for arrived_s, pcm in list(self._heard) if arrived_s > at_s)

    def _offer(self, port: int) -> bytes:
        return sdp.describe(ADDRESS, port, ["ulaw"])

    def _described(self, body: bytes) -> sdp.Description:
        return sdp.parse(body)

    def _encoded(self, frame: Pcm) -> bytes:
        return MICRO_LAW.encode(frame)

    def _decoded(self, payload: bytes) -> Pcm:
        return MICRO_LAW.decode(payload)

    def _live(self) -> None:
        beat_s = time.monotonic()
        while not self._over.is_set():
            next_s = min(beat_s, self._network.next_s)
            ready, _, _ = select.select([self._sip, self._rtp], [], [], max(0.0, next_s - time.monotonic()))
            if self._sip in ready:
                self._signalled(parse(self._sip.recv(65535)))
            if self._rtp in ready:
                self._listen(self._rtp.recv(65535))
            if time.monotonic() >= beat_s:
                beat_s += BEAT_S
                self._speak()
            for datagram in self._network.arrived(time.monotonic()):
                self.send_rtp(datagram)

    def _speak(self) -> None:
        if not self._to[1] or self.ended_s is not None or self.is_cut_off:
            return
        frame, is_last = next(self._frames, (SILENCE, False))
        spoken = self.packet(self._encoded(frame + self._returned()), self.payload_type)
        self._network.send(spoken, time.monotonic())
        if is_last:
            self.stopped_s = time.monotonic()

    def _returned(self) -> Pcm:
        """The line's echo at this moment: whole as it was heard, however unevenly that came."""
        if self._echo is not None and len(self._returning) * BEAT_S * 1000 >= self._echo[1]:
            self._returns = True
        self._returns = self._returns and bool(self._returning)
        return self._returning.popleft() if self._returns else SILENCE

    def _listen(self, datagram: bytes) -> None:
        packet = parse_rtp(datagram)
        if packet is not None and packet.payload_type == self.payload_type:
            now_s, pcm = time.monotonic(), self._decoded(packet.payload)
            self._heard.append((now_s, pcm))
            if self._echo is not None:
                fainter = (pcm * 10 ** (self._echo[0] / 20)).astype(np.int16)
                self._returning.append(np.resize(fainter, SILENCE.shape))
            self.voice.heard(now_s, voiced=loudness(pcm) >= QUIETEST)

    def _signalled(self, message: Request | Response) -> None:
        if isinstance(message, Request):
            self._send(reply_to(message, 200, "OK"))
            if message.method == "BYE":
                self.ended_s = self.ended_s or time.monotonic()
        elif message.sequence[1] == "INVITE":
            self._answered(message)

    def _answered(self, response: Response) -> None:
        if response.status < 200:
            return
        if response.status >= 300:
            self._send(acknowledge_refusal(self._invite, response))
            self.status = response.status
            return
        self.answers += 1
        if self.answered_s is None:
            self._dialog = self._dialog.accepted(response)
            self.answer = response.body
            description = self._described(response.body)
            self._to = (description.address, description.port)
            self.answered_s = time.monotonic()
        if self._acknowledges:
            self._send(self._dialog.request("ACK", 1))
        self.status = response.status

    def _send(self, message: Request | Response) -> None:
        self._sip.sendto(message.encode(), self._server)


@contextmanager
def calling(
    port: int,
    *,
    number: str = NUMBER,
    name: str = "Ann",
    acknowledges: bool = True,
    echo: tuple[float, int] | None = None,
    network: Network | None = None,
) -> Iterator[LiveCall]:
    """A call that is over in any case when the test is."""
    call = LiveCall(port, number=number, name=name, acknowledges=acknowledges, echo=echo, network=network)
    try:
        yield call
    finally:
        call.close()


def any_bytes(count: int) -> bytes:
    """Noise."""
    return secrets.token_bytes(count)


def _bound() -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind((ADDRESS, 0))
    return bound
