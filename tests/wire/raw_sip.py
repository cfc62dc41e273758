"""Bytes on the SIP port, as a caller with bad intentions writes them."""

import itertools
import re
import socket
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

_NUMBERS = itertools.count(1)


@dataclass
class RawCaller:
    """A telephone company's server on a loopback address of its own: it needs no password."""

    agent_port: int
    number: str
    address: str = "127.0.0.2"
    answers: list[str] = field(default_factory=list)

    def invite(
        self, *, user: str | None = None, source: bytes = b'"Ann" <sip:5551234@127.0.0.2>', more: str = ""
    ) -> int:
        """Send one INVITE and return the final status; a call that was answered is ended.

        Args:
            user: the Request-URI's user part; the agent's own number when not given.
            source: the From header's value, without its tag.
            more: further header lines.
        """
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as wire:
            wire.bind((self.address, 0))
            wire.settimeout(10)
            port = wire.getsockname()[1]
            call = f"raw{next(_NUMBERS)}-{port}@{self.address}"
            target = f"sip:{self.number if user is None else user}@127.0.0.1:{self.agent_port}"
            wire.sendto(
                self._request("INVITE", target, source, call, port=port, more=more), ("127.0.0.1", self.agent_port)
            )
            status, answer = self._final(wire)
            to = re.search(r"^To: (.*)\r$", answer, re.MULTILINE | re.IGNORECASE)
            for method in ("ACK", "BYE") if status < 300 else ("ACK",):
                contact = re.search(r"^Contact: <(.*)>", answer, re.MULTILINE | re.IGNORECASE)
                line = contact[1] if contact and status < 300 else target
                request = self._request(method, line, source, call, port=port, to=to[1] if to else None)
                wire.sendto(request, ("127.0.0.1", self.agent_port))
            return status

    def _final(self, wire: socket.socket) -> tuple[int, str]:
        while True:
            answer = wire.recv(65535).decode("utf-8", "replace")
            self.answers.append(answer)
            status = int(answer.split(" ", 2)[1])
            if status >= 200:
                return status, answer

    def _request(
        self, method: str, target: str, source: bytes, call: str, *, port: int, more: str = "", to: str | None = None
    ) -> bytes:
        here = f"{self.address}:{port}"
        body = f"v=0\r\no=- 1 1 IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {self.address}\r\nt=0 0\r\n"
        body += f"m=audio {port + 1} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
        body = body if method == "INVITE" else ""
        head = f"{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{method}{port}\r\n".encode()
        head += b"From: " + source + b";tag=raw\r\n"
        rest = f"To: {to or f'<{target}>'}\r\nCall-ID: {call}\r\nCSeq: {1 + (method == 'BYE')} {method}\r\n"
        rest += f"Contact: <sip:raw@{here}>\r\nMax-Forwards: 70\r\n{more}"
        rest += "Content-Type: application/sdp\r\n" if body else ""
        return head + (rest + f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def process_ids(program: str) -> set[int]:
    """The processes whose command line holds these words."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if program in path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"):
                found.add(int(path.parent.name))
        except OSError:  # gone meanwhile
            continue
    return found
