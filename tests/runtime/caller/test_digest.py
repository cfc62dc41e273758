"""Digest answers against the vectors that the RFCs print."""

from typing import Any

import pytest

from voicectl_runtime.caller.sip.digest import ChallengeError, Credentials, authorization, parse_challenge

RFC_2617 = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
    'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def answer(challenge: Any, password: Any, cnonce: str = "") -> Any:
    credentials = Credentials("Mufasa", password)
    return authorization(parse_challenge(challenge), credentials, "GET", "/dir/index.html", cnonce=cnonce)


def test_rfc_2617() -> None:
    """Section 3.5, with qop."""
    header = answer(RFC_2617, "Circle Of Life", "0a4f113b")

    assert 'response="6629fae49393a05397450978507c4ef1"' in header
    assert 'opaque="5ccc069c403ebaf9f0171e9517f40e41"' in header


def test_server_without_qop() -> None:
    """RFC 2069: no cnonce and no count."""
    header = answer(RFC_2617.replace('qop="auth,auth-int", ', ""), "Circle Of Life")

    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in header
    assert "cnonce" not in header


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc_7616(algorithm: Any, response: Any) -> None:
    """Section 3.9.1, both algorithms."""
    assert f'response="{response}"' in answer(RFC_7616.format(algorithm), "Circle of Life", CNONCE)


@pytest.mark.parametrize(
    "challenge",
    ["", "Basic realm=x", 'Digest realm="x"', 'Digest nonce="n", algorithm=X', 'Digest nonce="n", qop="auth-int"'],
)
def test_what_cannot_be_answered_is_said(challenge: Any) -> None:
    """Another scheme, algorithm or protection is an error, not a wrong answer."""
    with pytest.raises(ChallengeError):
        parse_challenge(challenge)


def test_password_does_not_show() -> None:
    """Neither repr nor the header carries it."""
    assert "secret" not in repr(Credentials("phone", "secret"))
    assert "Circle" not in answer(RFC_2617, "Circle Of Life")
