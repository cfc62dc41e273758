"""Rules for addresses: where the agent listens, and from where a call may come."""

from ipaddress import IPv4Address, IPv4Network
from typing import Final
from urllib.parse import urlsplit

from voicectl.config.refused import RefusedError, shown
from voicectl.config.rules import no_control_characters

# Wider than this is no telephone company's network; the private 10.0.0.0/8 is the widest honest one.
_WIDEST_PREFIX: Final = 8


def own_address(value: str) -> None:
    """An address that a socket of this machine can have; 0.0.0.0 means all of them."""
    if _address(value).is_multicast:
        raise RefusedError("E206", f"a multicast address ({shown(value)})", fix="name an address of this machine")


def provider_address(value: str) -> None:
    """The telephone company's server."""
    if "/" in value:
        provider_network(value)
        raise RefusedError("E206", f"a network, not one address ({shown(value)})", fix="put networks in trunk.networks")
    address = _address(value)
    if address.is_unspecified or address.is_multicast:
        raise _would_open_to_all(value)


def provider_network(value: str) -> None:
    """A network that may bring calls: as narrow as the telephone company documents it."""
    try:
        network = IPv4Network(value, strict=False)
    except ValueError:
        raise _not_an_address(value) from None
    if network.prefixlen < _WIDEST_PREFIX or network.network_address.is_unspecified:
        raise _would_open_to_all(value)
    if network.is_multicast:
        raise RefusedError("E206", f"a multicast network ({shown(value)})", fix="name the telephone company's networks")
    if "/" in value and not value.startswith(f"{network.network_address}/"):
        raise RefusedError("E206", f"bits set behind the network part ({shown(value)})", fix=f'write "{network}"')


def own_url(value: str) -> None:
    """A service on the operator's own network: what callers say goes nowhere else."""
    no_control_characters(value)
    try:
        url = urlsplit(value)
        port = url.port
    except ValueError:
        port = 0
    if port == 0 or url.scheme not in {"http", "https"} or not url.hostname or url.username or " " in value:
        raise RefusedError(
            "E206", f"not the URL of a service ({shown(value)})", fix='write it as "http://10.0.0.5:8080/path"'
        )
    try:
        is_own = IPv4Address(url.hostname).is_private
    except ValueError:
        is_own = "." not in url.hostname or url.hostname.endswith((".local", ".internal", ".lan", ".home.arpa"))
    if not is_own:
        problem = f"not on your own network ({shown(value)})"
        raise RefusedError("E206", problem, fix="name a private IPv4 address, or a name that only your network knows")


def _address(value: str) -> IPv4Address:
    try:
        return IPv4Address(value)
    except ValueError:
        raise _not_an_address(value) from None


def _not_an_address(value: str) -> RefusedError:
    return RefusedError(
        "E206",
        f"not an IPv4 address ({shown(value)})",
        fix='write four numbers from 0 to 255, such as "192.0.2.10", and not a host name',
    )


def _would_open_to_all(value: str) -> RefusedError:
    return RefusedError(
        "E205",
        f"this would let the whole internet place calls ({shown(value)})",
        fix="name the telephone company's own addresses",
    )
