"""Session descriptions: the audio that the phone offers, and what was made of it."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from voicectl_runtime.caller.errors import PhoneError

PAYLOAD_TYPES: Final = {"ulaw": 0, "alaw": 8}
_NAMES: Final = {0: "PCMU", 8: "PCMA"}
_EVENTS: Final = 101


class DescriptionError(PhoneError):
    """The other side answered with audio that this phone cannot take part in."""


@dataclass(frozen=True)
class Description:
    """Where the other side wants its audio, and in which of our codecs."""

    address: str
    port: int
    payload_type: int

    @property
    def codec(self) -> str:
        """The codec's name in SDP."""
        return _NAMES[self.payload_type]


def describe(address: str, port: int, codecs: Sequence[str]) -> bytes:
    """Our side: G.711 in the order of preference, and telephone events, as every phone offers them."""
    types = [PAYLOAD_TYPES[codec] for codec in codecs if codec in PAYLOAD_TYPES] or list(PAYLOAD_TYPES.values())
    family = f"IN IP{ipaddress.ip_address(address).version} {address}"
    lines = [
        "v=0",
        f"o=- {port} {port} {family}",
        "s=call",
        f"c={family}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {' '.join(map(str, types))} {_EVENTS}",
        *(f"a=rtpmap:{number} {_NAMES[number]}/8000" for number in types),
        f"a=rtpmap:{_EVENTS} telephone-event/8000",
        f"a=fmtp:{_EVENTS} 0-16",
        "a=ptime:20",
        "a=sendrecv",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def parse(body: bytes) -> Description:
    """Read the other side's description.

    Raises:
        DescriptionError: no audio, no address, or none of our codecs.
    """
    address, port = "", 0
    types: list[int] = []
    for line in body.decode("utf-8", errors="replace").splitlines():
        key, _, value = line.strip().partition("=")
        words = value.split()
        if key == "m" and port:
            break
        if key == "m" and words[:1] == ["audio"]:
            port, types = _media(words)
        elif key == "c" and len(words) == 3:  # noqa: PLR2004 - network, family, address
            address = words[2]
    chosen = next((number for number in types if number in _NAMES), None)
    if not port or chosen is None:
        raise DescriptionError("the other side takes none of PCMU and PCMA")
    return Description(_address(address), port, chosen)


def _media(words: Sequence[str]) -> tuple[int, list[int]]:
    port = words[1].partition("/")[0] if len(words) > 1 else ""
    if not (port.isascii() and port.isdecimal()) or not 0 < int(port[:6]) < 65_536:  # noqa: PLR2004 - a port
        raise DescriptionError(f"the other side's audio has no port: {' '.join(words)[:80]!r}")
    return int(port), [int(word) for word in words[3:] if word.isascii() and word.isdecimal()]


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise DescriptionError(f"the other side's audio has no address: {text[:80]!r}") from error
