"""SIP messages: bytes to requests and responses, and back."""

from dataclasses import dataclass, field
from typing import Final

from voicectl_runtime.caller.errors import PhoneError

VERSION: Final = "SIP/2.0"
LARGEST_BYTES: Final = 65_535
_COMPACT: Final = {
    "c": "Content-Type",
    "f": "From",
    "i": "Call-ID",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "t": "To",
    "v": "Via",
}


class MessageError(PhoneError):
    """The other side sent something that is not SIP, or we were about to."""


@dataclass(frozen=True)
class _Message:
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first header of that name, or an empty string."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every header of that name, in order."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def call_id(self) -> str:
        """What ties the messages of one call together."""
        return self.header("Call-ID")

    @property
    def sequence(self) -> tuple[int, str]:
        """The CSeq header: number and method."""
        number, _, method = self.header("CSeq").partition(" ")
        if not number.isdecimal():
            raise MessageError(f"CSeq is not a number and a method: {self.header('CSeq')!r}")
        return int(number), method.strip()

    @property
    def branch(self) -> str:
        """The topmost Via's branch: which transaction this belongs to."""
        return parameter(self.header("Via"), "branch")


@dataclass(frozen=True)
class Request(_Message):
    """Something that one side asks of the other."""

    method: str = field(kw_only=True)
    uri: str = field(kw_only=True)

    def encode(self) -> bytes:
        """The bytes for the wire."""
        return _encode(f"{self.method} {self.uri} {VERSION}", self)


@dataclass(frozen=True)
class Response(_Message):
    """What the other side says to it."""

    status: int = field(kw_only=True)
    reason: str = field(kw_only=True)

    def encode(self) -> bytes:
        """The bytes for the wire."""
        return _encode(f"{VERSION} {self.status} {self.reason}", self)


def parse(datagram: bytes) -> Request | Response:
    """Read one datagram.

    Raises:
        MessageError: it is not a SIP message.
    """
    head, separator, body = datagram.partition(b"\r\n\r\n")
    if not separator or len(datagram) > LARGEST_BYTES:
        raise MessageError("no empty line ends the headers")
    start, *lines = _unfolded(head.decode("utf-8", errors="replace"))
    headers = tuple(_header(line) for line in lines)
    return _start(start, headers, _body(headers, body))


def parameter(value: str, name: str) -> str:
    """The parameter `;name=...` of a header's value (outside of its `<uri>`), or an empty string."""
    for piece in value.rpartition(">")[2].split(";")[1:]:
        key, _, content = piece.partition("=")
        if key.strip().lower() == name.lower():
            return content.strip()
    return ""


def uri_of(value: str) -> str:
    """The URI inside a Contact, From, To or Route header."""
    if "<" in value:
        return value.partition("<")[2].partition(">")[0]
    return value.partition(";")[0].strip()


def _encode(start: str, message: _Message) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in message.headers)]
    if any("\r" in line or "\n" in line for line in lines):
        raise MessageError("a header must not hold a line break")
    lines.append(f"Content-Length: {len(message.body)}")
    return "\r\n".join([*lines, "", ""]).encode() + message.body


def _unfolded(head: str) -> list[str]:
    """Header lines, with continuation lines (which begin with a blank) joined to the line before."""
    lines: list[str] = []
    for line in head.split("\r\n"):
        if line[:1] in {" ", "\t"} and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
    return lines


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name = name.strip()
    if not colon or not name:
        raise MessageError(f"not a header: {line[:80]!r}")
    return _COMPACT.get(name.lower(), name), value.strip()


def _body(headers: tuple[tuple[str, str], ...], body: bytes) -> bytes:
    declared = next((value for name, value in headers if name.lower() == "content-length"), None)
    if declared is None:
        return body
    if not (declared.isascii() and declared.isdecimal()) or int(declared[:9]) > len(body):
        raise MessageError(f"Content-Length {declared[:20]!r} does not fit {len(body)} bytes")
    return body[: int(declared)]


def _start(start: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Request | Response:
    # Content-Length is written anew by `encode`; kept, it would stand there twice.
    headers = tuple((name, value) for name, value in headers if name.lower() != "content-length")
    first, _, rest = start.partition(" ")
    middle, _, last = rest.partition(" ")
    if first == VERSION and middle.isascii() and middle.isdecimal() and len(middle) == 3:  # noqa: PLR2004 - a status has three digits
        return Response(headers, body, status=int(middle), reason=last)
    if last == VERSION and first.isupper() and middle:
        return Request(headers, body, method=first, uri=middle)
    raise MessageError(f"neither a request nor a response: {start[:80]!r}")
