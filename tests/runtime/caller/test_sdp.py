"""Session descriptions: what is offered, and what is understood."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.caller.errors import PhoneError
from voicectl_runtime.caller.sdp import Description, describe, parse

ASTERISK = (
    b"v=0\r\no=- 1 3 IN IP4 192.0.2.7\r\ns=Asterisk\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    b"m=audio 10042 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=maxptime:140\r\na=sendrecv\r\n"
)


def test_asterisk_is_understood() -> None:
    """Address, port, and the first codec that is ours."""
    assert parse(ASTERISK) == Description("192.0.2.7", 10042, 8)


def test_own_offer_is_understood() -> None:
    """The offer keeps the order of preference and both families of addresses."""
    assert parse(describe("127.0.0.1", 4000, ["alaw", "ulaw"])) == Description("127.0.0.1", 4000, 8)
    assert parse(describe("::1", 4000, ["ulaw"])) == Description("::1", 4000, 0)
    assert b"telephone-event/8000" in describe("::1", 4000, ["ulaw"])


@pytest.mark.parametrize(
    ("change", "into"),
    [
        (b"8 0 101", b"9 101"),
        (b"audio 10042", b"audio 0"),
        (b"audio 10042", b"audio x"),
        (b"audio 10042", b"audio 99999999"),
        (b"m=audio 10042 RTP/AVP 8 0 101", b"m=audio"),
        (b"IN IP4 192.0.2.7", b"IN IP4 nowhere"),
        (b"m=audio", b"m=video"),
    ],
)
def test_no_audio_of_ours_is_an_error(change: Any, into: Any) -> None:
    """No codec, no port, no address."""
    with pytest.raises(PhoneError):
        parse(ASTERISK.replace(change, into))


@given(st.binary(max_size=300))
def test_noise_never_crashes(body: Any) -> None:
    """Random bytes give a description or a PhoneError."""
    try:
        parse(body)
    except PhoneError:
        return
