"""Digest authentication: the answer to a 401 or 407 (RFC 2617, RFC 7616, RFC 8760)."""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from voicectl_runtime.caller.errors import PhoneError

_ALGORITHMS: Final[Mapping[str, Callable[[bytes], "hashlib._Hash"]]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False),
    "sha-256": hashlib.sha256,
}
_PARAMETER: Final = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


class ChallengeError(PhoneError):
    """The server asks for a proof that this phone cannot give."""


@dataclass(frozen=True)
class Challenge:
    """What the server wants proved."""

    realm: str
    nonce: str
    algorithm: str
    qop: str
    """`auth`, or empty for servers of RFC 2069."""
    opaque: str


@dataclass(frozen=True)
class Credentials:
    """The account of this phone."""

    username: str
    password: str

    def __repr__(self) -> str:
        """The name alone: a password must not reach a log by way of a traceback."""
        return f"Credentials({self.username!r}, [hidden])"


def parse_challenge(value: str) -> Challenge:
    """Read a WWW-Authenticate or Proxy-Authenticate header.

    Raises:
        ChallengeError: not Digest, or an algorithm or protection that we do not speak.
    """
    scheme, _, rest = value.strip().partition(" ")
    found = {name.lower(): re.sub(r"\\(.)", r"\1", quoted) or bare for name, quoted, bare in _PARAMETER.findall(rest)}
    algorithm = found.get("algorithm", "MD5")
    if scheme.lower() != "digest" or algorithm.lower() not in _ALGORITHMS or not found.get("nonce"):
        raise ChallengeError(f"cannot answer the challenge {value[:120]!r}")
    offered = [option.strip() for option in found.get("qop", "").split(",") if option.strip()]
    if offered and "auth" not in offered:
        raise ChallengeError(f"the server wants qop {offered}, this phone has auth")
    return Challenge(
        found.get("realm", ""), found["nonce"], algorithm, "auth" if offered else "", found.get("opaque", "")
    )


def authorization(challenge: Challenge, account: Credentials, method: str, uri: str, *, cnonce: str = "") -> str:
    """The Authorization header that proves that we know the password."""
    cnonce = cnonce or secrets.token_hex(8)
    fields = {"username": account.username, "realm": challenge.realm, "nonce": challenge.nonce, "uri": uri}
    ha1 = _digest(challenge, f"{account.username}:{challenge.realm}:{account.password}")
    ha2 = _digest(challenge, f"{method}:{uri}")
    # A fresh cnonce with every request keeps the count at one.
    count = f"00000001:{cnonce}:{challenge.qop}:" if challenge.qop else ""
    fields["response"] = _digest(challenge, f"{ha1}:{challenge.nonce}:{count}{ha2}")
    if challenge.opaque:
        fields["opaque"] = challenge.opaque
    pairs = [f'{name}="{_quoted(value)}"' for name, value in fields.items()]
    pairs.append(f"algorithm={challenge.algorithm}")
    if challenge.qop:
        pairs += [f"qop={challenge.qop}", "nc=00000001", f'cnonce="{_quoted(cnonce)}"']
    return "Digest " + ", ".join(pairs)


def _digest(challenge: Challenge, text: str) -> str:
    return _ALGORITHMS[challenge.algorithm.lower()](text.encode()).hexdigest()


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
