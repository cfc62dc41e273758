"""What both sides of a call have agreed to call it, and the requests that belong to it."""

import secrets
from dataclasses import dataclass, replace
from typing import Final

from voicectl_runtime.caller.sip.message import Request, Response, uri_of

_HOPS: Final = "70"
AGENT_NAME: Final = "voicectl-phone"


def new_token() -> str:
    """Something that no other call has."""
    return secrets.token_hex(8)


@dataclass(frozen=True)
class Dialog:
    """One side's view of a call; nothing here sends."""

    contact: str
    """`host:port` where this phone is reached."""
    call_id: str
    local: str
    """Our From, with its tag."""
    remote: str
    """Their To; it has a tag once they have answered."""
    target: str
    """The URI that requests go to."""
    routes: tuple[str, ...] = ()

    def request(
        self,
        method: str,
        number: int,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        branch: str = "",
    ) -> Request:
        """A request of this call; a new transaction unless `branch` names an old one."""
        via = f"SIP/2.0/UDP {self.contact};rport;branch={branch or 'z9hG4bK' + new_token()}"
        user = uri_of(self.local).partition(":")[2].partition("@")[0]
        standard = (
            ("Via", via),
            ("Max-Forwards", _HOPS),
            *(("Route", route) for route in self.routes),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{number} {method}"),
            ("Contact", f"<sip:{user}@{self.contact}>"),
            ("User-Agent", AGENT_NAME),
        )
        return Request((*standard, *headers), body, method=method, uri=self.target)

    def accepted(self, response: Response) -> "Dialog":
        """The dialog that a 2xx to our INVITE makes."""
        contact = uri_of(response.header("Contact"))
        routes = tuple(reversed(response.all("Record-Route")))
        return replace(self, remote=response.header("To"), target=contact or self.target, routes=routes)


def acknowledge_refusal(invite: Request, response: Response) -> Request:
    """The ACK to a refusal: part of the INVITE's own transaction (RFC 3261, 17.1.1.3)."""
    kept = {"Via", "Max-Forwards", "Route", "From", "Call-ID"}
    headers = [(name, value) for name, value in invite.headers if name in kept]
    number, _ = invite.sequence
    headers += [("To", response.header("To")), ("CSeq", f"{number} ACK")]
    return Request(tuple(headers), method="ACK", uri=invite.uri)


def cancellation(invite: Request) -> Request:
    """The CANCEL of an INVITE that still rings: the same branch and number."""
    kept = {"Via", "Max-Forwards", "Route", "From", "To", "Call-ID"}
    headers = [(name, value) for name, value in invite.headers if name in kept]
    number, _ = invite.sequence
    return Request((*headers, ("CSeq", f"{number} CANCEL")), method="CANCEL", uri=invite.uri)
