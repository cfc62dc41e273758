"""One request and its final response, sent again until somebody answers."""

import asyncio

from voicectl_runtime.caller.errors import PhoneError
from voicectl_runtime.caller.sip.endpoint import Endpoint
from voicectl_runtime.caller.sip.message import Request, Response
from voicectl_runtime.caller.sip.timers import waits_s

_FINAL = 200


class NoReplyError(PhoneError):
    """Nobody answered over SIP."""


class ClientTransaction:
    """Sends a request until it is answered; an INVITE is no longer repeated once the other side says that it rings."""

    def __init__(self, endpoint: Endpoint, request: Request) -> None:
        self.request = request
        self.provisional = False
        """True once the other side has it: only then may it be cancelled."""
        self._endpoint = endpoint
        self._arrived: asyncio.Queue[Response | None] = asyncio.Queue()
        self._key = (request.branch, request.method)

    async def final(self) -> Response:
        """Send, and wait for the final response.

        Raises:
            NoReplyError: nothing came in 32 seconds, or nobody listens there.
        """
        self._endpoint.on_response[self._key] = self._arrived.put_nowait
        self._endpoint.on_refused.add(self._refused)
        try:
            for wait_s in waits_s(invite=self.request.method == "INVITE"):
                self._endpoint.send(self.request)
                response = await self._wait(wait_s)
                if response is not None:
                    return response
            raise NoReplyError(f"no reply over SIP from {self._endpoint.server}")
        finally:
            self._endpoint.on_refused.discard(self._refused)
            del self._endpoint.on_response[self._key]

    async def _wait(self, wait_s: float) -> Response | None:
        """The final response, or nothing when it is time to send again."""
        try:
            async with asyncio.timeout(wait_s) as limit:
                while True:
                    response = await self._arrived.get()
                    if response is None:
                        raise NoReplyError(f"nobody listens on UDP {self._endpoint.server}")
                    if response.status >= _FINAL:
                        return response
                    self.provisional = True
                    if self.request.method == "INVITE":
                        limit.reschedule(None)
        except TimeoutError:
            return None

    def _refused(self) -> None:
        self._arrived.put_nowait(None)
