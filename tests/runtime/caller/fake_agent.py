"""A scripted SIP server and its voice, on 127.0.0.1, for the phone to call."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from voicectl_runtime.caller import sdp
from voicectl_runtime.caller.g711 import BY_PAYLOAD_TYPE
from voicectl_runtime.caller.media import MediaStream
from voicectl_runtime.caller.rtp import Packet
from voicectl_runtime.caller.schedule import Beat
from voicectl_runtime.caller.sip.message import Request, Response, parameter, parse
from voicectl_runtime.caller.sip.reply import reply_to
from voicectl_runtime.caller.voice import QUIETEST, loudness

TONE = (np.sin(np.arange(160) * 2 * np.pi * 400 / 8000) * 8000).astype(np.int16)
SILENCE = np.zeros(160, dtype=np.int16)
CHALLENGE = 'Digest realm="fake", nonce="abc", qop="auth", algorithm=MD5'


class FakeVoice:
    """Speaks a greeting, then answers a fixed time after the last voiced packet that came."""

    def __init__(self, beat: Beat, delay_frames: int, length_frames: int = 15) -> None:
        self.stream = MediaStream("127.0.0.1")
        self.answered_s: list[float] = []
        self.last_voice_s = 0.0
        self.to = ("127.0.0.1", 9)
        self._beat = beat
        self._delay, self._length = delay_frames, length_frames
        self._left = 0
        self._silent: int | None = None
        self.stream.on_packet = self._hear
        beat.joined.add(self._tick)

    def _hear(self, packet: Packet, arrived_s: float) -> None:
        if loudness(BY_PAYLOAD_TYPE[0].decode(packet.payload)) >= QUIETEST:
            self._silent, self.last_voice_s = 0, arrived_s

    def _tick(self) -> None:
        if self._silent is not None:
            self._silent += 1
            if self._silent == self._delay:
                self._silent, self._left = None, self._length
                self.answered_s.append(time.monotonic())
        speaking, self._left = self._left > 0, max(0, self._left - 1)
        self.stream.send(0, BY_PAYLOAD_TYPE[0].encode(TONE if speaking else SILENCE), self.to)

    def greet(self) -> None:
        """Begin the call as agents do."""
        self._left = self._length

    def close(self) -> None:
        """Fall silent and give the port back."""
        self._beat.joined.discard(self._tick)
        self.stream.close()


class FakeAgent(asyncio.DatagramProtocol):
    """Answers requests as `script` says; keeps every request that came."""

    def __init__(self, script: Callable[["FakeAgent", Request], list[Response | Request]]) -> None:
        self.requests: list[Request] = []
        self.voice: FakeVoice | None = None
        self.caller: tuple[str, int] = ("", 0)
        self._script = script
        self.port = 0

    @property
    def methods(self) -> list[str]:
        """What came, by name."""
        return [request.method for request in self.requests]

    def connection_made(self, transport: Any) -> None:
        """Learn our own port."""
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Do as the script says."""
        message = parse(data)
        self.caller = addr
        if isinstance(message, Request):
            self.requests.append(message)
            for reply in self._script(self, message):
                self.send(reply)

    def send(self, message: Request | Response) -> None:
        """One datagram to the caller."""
        self.transport.sendto(message.encode(), self.caller)

    def answer(self, request: Request) -> Response:
        """200 with the voice's own session description."""
        assert self.voice is not None
        offered = sdp.parse(request.body)
        self.voice.greet()
        self.voice.to = (offered.address, offered.port)
        headers = (("Contact", f"<sip:agent@127.0.0.1:{self.port}>"), ("Content-Type", "application/sdp"))
        body = sdp.describe("127.0.0.1", self.voice.stream.port, ["ulaw"])
        return reply_to(request, 200, "OK", tag="agent", headers=headers, body=body)

    def challenge(self, request: Request) -> Response:
        """401: prove who you are."""
        return reply_to(request, 401, "Unauthorized", tag="agent", headers=(("WWW-Authenticate", CHALLENGE),))

    def hang_up(self) -> Request:
        """The agent's own BYE in the caller's dialog."""
        invite = next(request for request in self.requests if request.method == "INVITE")
        headers = (
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bKbye"),
            ("From", f"{invite.header('To')};tag=agent"),
            ("To", invite.header("From")),
            ("Call-ID", invite.call_id),
            ("CSeq", "1 BYE"),
        )
        return Request(headers, method="BYE", uri="sip:phone@127.0.0.1")


def is_proved(request: Request) -> bool:
    return parameter("x;" + request.header("Authorization").replace(", ", ";"), "response") != ""
