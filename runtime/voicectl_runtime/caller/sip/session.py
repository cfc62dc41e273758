"""One call over SIP: placed, answered or refused, kept up, and hung up by either side."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from voicectl_runtime.caller.errors import PhoneError
from voicectl_runtime.caller.sip.dialog import Dialog, acknowledge_refusal, cancellation
from voicectl_runtime.caller.sip.digest import Credentials, authorization, parse_challenge
from voicectl_runtime.caller.sip.endpoint import Endpoint
from voicectl_runtime.caller.sip.message import Request, Response
from voicectl_runtime.caller.sip.reply import reply_to
from voicectl_runtime.caller.sip.transaction import ClientTransaction, NoReplyError

if TYPE_CHECKING:
    from collections.abc import Callable

_CHALLENGES: Final = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
_TRIES: Final = 3  # the first, the one with the proof, and one for a nonce that went stale meanwhile
_CANCEL_S: Final = 4.0
_SDP: Final = ("Content-Type", "application/sdp")


class Session:
    """A call's signalling; media is somebody else's."""

    def __init__(self, endpoint: Endpoint, dialog: Dialog, account: Credentials) -> None:
        self.ended = asyncio.Event()
        """Set when either side has hung up."""
        self.hung_up_by_agent = False
        self.connected = False
        """True once they have picked up."""
        self.on_new_offer: Callable[[bytes], bytes] = lambda _offer: b""
        """Answers a re-INVITE's session description."""
        self.dialog = dialog
        self._endpoint = endpoint
        self._account = account
        self._number = 0

    @property
    def address(self) -> str:
        """The address of this phone that the other side can reach."""
        return self._endpoint.address

    async def place(self, offer: bytes, *, ring_s: float) -> Response:
        """Call, and say what came of it; a call that is not picked up in time is cancelled.

        Raises:
            NoReplyError: nobody answers over SIP at all.
        """
        self._endpoint.on_request[self.dialog.call_id] = self._asked
        response = await self._transact("INVITE", offer, ring_s=ring_s)
        if response.status < 300:  # noqa: PLR2004 - 2xx is the yes of SIP
            self._connect(response)
        else:
            self.close()
        return response

    async def register(self, *, seconds: int) -> Response:
        """Tell the server where this phone is, for that long."""
        return await self._transact("REGISTER", b"", headers=(("Expires", str(seconds)),))

    async def hang_up(self) -> None:
        """End the call; a server that is gone ends it as well."""
        if not self.ended.is_set():
            self.ended.set()
            with contextlib.suppress(NoReplyError):
                await self._transact("BYE", b"", ring_s=_CANCEL_S)
        self.close()

    def close(self) -> None:
        """Stop hearing of this call."""
        self._endpoint.on_request.pop(self.dialog.call_id, None)

    async def _transact(
        self, method: str, body: bytes, *, ring_s: float | None = None, headers: tuple[tuple[str, str], ...] = ()
    ) -> Response:
        """A request that proves who we are when it is asked to."""
        proof: tuple[tuple[str, str], ...] = ()
        for _ in range(_TRIES):
            self._number += 1
            typed = (_SDP,) if body else ()
            request = self.dialog.request(method, self._number, headers=(*headers, *proof, *typed), body=body)
            response = await self._final(request, ring_s)
            if method == "INVITE" and response.status >= 300:  # noqa: PLR2004 - a refusal
                self._endpoint.send(acknowledge_refusal(request, response))
            if response.status not in _CHALLENGES:
                break
            asked, answered = _CHALLENGES[response.status]
            challenge = parse_challenge(response.header(asked))
            proof = ((answered, authorization(challenge, self._account, method, request.uri)),)
        if method == "INVITE":
            self._answer_again(request)
        return response

    async def _final(self, request: Request, ring_s: float | None) -> Response:
        transaction = ClientTransaction(self._endpoint, request)
        waiting = asyncio.ensure_future(transaction.final())
        try:
            async with asyncio.timeout(ring_s):
                return await asyncio.shield(waiting)
        except TimeoutError:
            response = await self._give_up(transaction, waiting)
            if response is None:
                raise NoReplyError(f"no answer in {ring_s:g} s") from None
            return response
        except asyncio.CancelledError:
            response = await self._give_up(transaction, waiting)
            if response is not None and request.method == "INVITE" and response.status < 300:  # noqa: PLR2004 - 2xx
                self._connect(response)
                await self.hang_up()
            raise

    async def _give_up(self, transaction: ClientTransaction, waiting: "asyncio.Future[Response]") -> Response | None:
        """Cancel a call that rings too long; where the answer crosses the cancel, hang up at once."""
        response = None
        if transaction.provisional and transaction.request.method == "INVITE":
            cancel = asyncio.ensure_future(ClientTransaction(self._endpoint, cancellation(transaction.request)).final())
            await asyncio.wait([waiting], timeout=_CANCEL_S)
            cancel.cancel()
            await asyncio.gather(cancel, return_exceptions=True)
            response = waiting.result() if waiting.done() and not waiting.exception() else None
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return response

    def _connect(self, response: Response) -> None:
        self.connected = True
        self.dialog = self.dialog.accepted(response)
        self._endpoint.send(self._acknowledgement())

    def _acknowledgement(self) -> Request:
        return self.dialog.request("ACK", self._number)

    def _answer_again(self, invite: Request) -> None:
        """A 200 or a refusal that comes again means that our ACK was lost."""
        number, key = self._number, (invite.branch, "INVITE")

        def again(response: Response) -> None:
            if 200 <= response.status < 300:  # noqa: PLR2004 - 2xx
                self._endpoint.send(self.dialog.request("ACK", number))
            elif response.status >= 300:  # noqa: PLR2004 - a refusal
                self._endpoint.send(acknowledge_refusal(invite, response))

        self._endpoint.on_response[key] = again

    def _asked(self, request: Request) -> None:
        """The other side's requests inside this call."""
        if request.method == "ACK":
            return
        if request.method == "BYE":
            self.hung_up_by_agent = not self.ended.is_set()
            self.ended.set()
        known = {"BYE", "INVITE", "UPDATE", "OPTIONS", "INFO", "NOTIFY", "MESSAGE"}
        if request.method not in known:
            self._endpoint.send(reply_to(request, 501, "Not Implemented"))
            return
        try:
            body = self.on_new_offer(request.body) if request.method in {"INVITE", "UPDATE"} else b""
        except PhoneError:
            self._endpoint.send(reply_to(request, 488, "Not Acceptable Here"))
            return
        headers = (("Contact", f"<sip:{self.dialog.contact}>"), *((_SDP,) if body else ()))
        self._endpoint.send(reply_to(request, 200, "OK", headers=headers, body=body))
