"""Responses to what the other side asks of the phone."""

from typing import Final

from voicectl_runtime.caller.sip.message import Request, Response, parameter

_COPIED: Final = ("Via", "Record-Route", "From", "To", "Call-ID", "CSeq")


def reply_to(
    request: Request,
    status: int,
    reason: str,
    *,
    tag: str = "phone",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> Response:
    """A response that carries back what RFC 3261 8.2.6 says it must."""
    copied = [(name, value) for name, value in request.headers if name in _COPIED]
    tagged = [
        (name, f"{value};tag={tag}" if name == "To" and not parameter(value, "tag") else value)
        for name, value in copied
    ]
    return Response((*tagged, *headers), body, status=status, reason=reason)
