"""The phone's one SIP socket: sends, and hands what comes to the transaction or call that waits for it."""

import asyncio
import socket
from typing import TYPE_CHECKING

from voicectl_runtime.caller.errors import PhoneError
from voicectl_runtime.caller.sip.message import MessageError, Request, Response, parse
from voicectl_runtime.caller.sip.reply import reply_to

if TYPE_CHECKING:
    from collections.abc import Callable


class Endpoint(asyncio.DatagramProtocol):
    """A connected UDP socket, shared by all calls of this phone."""

    def __init__(self) -> None:
        self.server = ""
        """Who is at the other end, for messages."""
        self.address = ""
        self.port = 0
        self.on_response: dict[tuple[str, str], Callable[[Response], None]] = {}
        """By branch and method: transactions that wait."""
        self.on_request: dict[str, Callable[[Request], None]] = {}
        """By Call-ID: calls that can be asked something."""
        self.on_refused: set[Callable[[], None]] = set()
        """Told when the kernel says that nobody listens over there."""
        self._transport: asyncio.DatagramTransport | None = None

    @classmethod
    async def open(cls, server: tuple[str, int]) -> "Endpoint":
        """Bind a free port on the interface that leads to the server, and hear from that server only."""
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        try:
            transport, endpoint = await loop.create_datagram_endpoint(cls, remote_addr=server, family=family)
        except OSError as error:
            raise PhoneError(f"no way to {server[0]}:{server[1]}: {error}") from error
        endpoint.server = f"{server[0]}:{server[1]}"
        endpoint.address, endpoint.port = transport.get_extra_info("sockname")[:2]
        endpoint._transport = transport  # noqa: SLF001 - its own class
        return endpoint

    @property
    def host_port(self) -> str:
        """This socket as it stands in a Via or Contact."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    def send(self, message: Request | Response) -> None:
        """One datagram to the server."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(message.encode())

    def close(self) -> None:
        """Give the port back."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:  # noqa: ARG002 - asyncio's name
        """Hand one datagram on; what is not SIP is dropped, as every phone does."""
        try:
            message = parse(data)
            number_and_method = message.sequence
        except MessageError:
            return
        if isinstance(message, Response):
            waiting = self.on_response.get((message.branch, number_and_method[1]))
            if waiting is not None:
                waiting(message)
        else:
            self._asked(message)

    def error_received(self, exc: Exception) -> None:
        """The kernel's word that the other side is not there."""
        if isinstance(exc, ConnectionRefusedError):
            for told in tuple(self.on_refused):
                told()

    def _asked(self, request: Request) -> None:
        call = self.on_request.get(request.call_id)
        if call is not None:
            call(request)
        elif request.method == "OPTIONS":
            self.send(reply_to(request, 200, "OK"))
        elif request.method != "ACK":
            self.send(reply_to(request, 481, "Call/Transaction Does Not Exist"))
