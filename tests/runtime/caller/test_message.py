"""SIP messages survive the wire, and nothing that is not SIP gets past the parser."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.caller.sip.message import MessageError, Request, Response, parameter, parse, uri_of

NAMES = st.sampled_from(["Via", "From", "To", "Call-ID", "CSeq", "X-Odd", "Subject"])
VALUES = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\u2028\u2029"), max_size=40)
HEADERS = st.lists(st.tuples(NAMES, VALUES.map(str.strip)), max_size=8).map(tuple)


@given(headers=HEADERS, body=st.binary(max_size=200), status=st.integers(100, 699))
def test_response_comes_back_as_it_was_sent(headers: Any, body: Any, status: Any) -> None:
    """Whatever headers and body a response carries, encode and parse are inverse."""
    response = Response(headers, body, status=status, reason="Some Reason")

    assert parse(response.encode()) == response


@given(headers=HEADERS, body=st.binary(max_size=200))
def test_request_comes_back_as_it_was_sent(headers: Any, body: Any) -> None:
    """The same for requests."""
    request = Request(headers, body, method="INVITE", uri="sip:100@127.0.0.1:5060")

    assert parse(request.encode()) == request


@given(st.binary(max_size=400))
def test_noise_is_refused_and_never_crashes(datagram: Any) -> None:
    """Random bytes give a message or MessageError, nothing else."""
    try:
        parse(datagram)
    except MessageError:
        return


@given(st.sampled_from(["\r\n", "\n", "\r"]), VALUES)
def test_line_break_in_a_header_is_never_sent(line_break: Any, value: Any) -> None:
    """No value smuggles a second header onto the wire."""
    with pytest.raises(MessageError):
        Request((("Subject", f"x{line_break}{value}"),), method="INVITE", uri="sip:a@b").encode()


def test_compact_and_folded_headers_are_understood() -> None:
    """`f:` is From, and a line that begins with a blank goes on from the one before."""
    message = parse(b"SIP/2.0 200 OK\r\ni: abc\r\nf: <sip:a@b>\r\n ;tag=1\r\nl: 2\r\nCSeq: 4 INVITE\r\n\r\nhixx")

    assert isinstance(message, Response)
    assert (message.call_id, message.header("From"), message.body) == ("abc", "<sip:a@b> ;tag=1", b"hi")
    assert message.sequence == (4, "INVITE")


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"SIP/2.0 200 OK\r\n",
        b"SIP/2.0 2x0 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"SIP/2.0 200 OK\r\nno colon\r\n\r\n",
        b"SIP/2.0 200 OK\r\nContent-Length: 99\r\n\r\nshort",
        b"SIP/2.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"INVITE sip:a@b SIP/3.0\r\n\r\n",
    ],
)
def test_broken_message_is_refused(datagram: Any) -> None:
    """Each kind of damage has its MessageError."""
    with pytest.raises(MessageError):
        parse(datagram)


def test_uri_and_parameters_are_told_apart() -> None:
    """A tag inside the URI is not the header's tag."""
    value = '"A; B" <sip:100@10.0.0.1:5060;tag=no>;tag=yes;other'

    assert (uri_of(value), parameter(value, "tag"), parameter(value, "none")) == (
        "sip:100@10.0.0.1:5060;tag=no",
        "yes",
        "",
    )
