"""What is known about ports, addresses, routes and the kernel's treatment of packets."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final, Literal

Transport = Literal["udp", "tcp"]
# RFC 1918, 6598 (the provider's own translation), 3927, 4193 and 4291, and loopback. Python's `is_private` also counts
# the addresses of documentation, which stand for public ones in a support case.
_INTERNAL: Final = tuple(
    ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)


def is_internal(address: str) -> bool:
    """Whether only a local network can reach that address."""
    return any(ip_address(address) in network for network in _INTERNAL)


@dataclass(frozen=True)
class BusyPort:
    """A port that the agent wants and could not bind."""

    service: str
    """Which part of the agent wants it: sip, rtp, stt, llm, tts, orchestrator, supervisor."""
    address: str
    port: int
    transport: Transport
    problem: Literal["in use", "no such address", "not permitted", "other"]
    owner: str | None
    """Name of the program that holds it, where it may be seen."""
    pid: int | None
    ours: bool
    """Held by this very agent, which is running."""


@dataclass(frozen=True)
class Listener:
    """A port that somebody holds, whether or not the agent wants it."""

    address: str
    port: int
    transport: Transport
    program: str | None
    pid: int | None


@dataclass(frozen=True)
class Ports:
    """The outcome of binding each port for real, and who listens on this machine."""

    tried: int
    busy: tuple[BusyPort, ...]
    listening: tuple[Listener, ...] = ()


@dataclass(frozen=True)
class PortSpan:
    """Ports from the first to the last."""

    first: int
    last: int


@dataclass(frozen=True)
class Firewall:
    """What the kernel lets in of UDP."""

    strict_chains: tuple[str, ...]
    """Chains for incoming packets that drop what none of their rules lets in: family, table and name."""
    udp_let_in: tuple[PortSpan, ...]
    """Ports that one of their rules lets in, from somewhere at least."""
    udp_kept_out: tuple[PortSpan, ...]
    """Ports that a rule of any chain for incoming packets drops, but for some addresses."""


@dataclass(frozen=True)
class Route:
    """One way out of this machine, over IPv4."""

    interface: str
    network: str
    """In CIDR notation; the default route is 0.0.0.0/0."""
    gateway: str | None
    """None: the network is attached."""
    mtu: int | None = None
    """The largest packet that the interface carries, in bytes."""


@dataclass(frozen=True)
class Conntrack:
    """The kernel's table of connections, which firewalls and address translation use."""

    entries: int
    most: int
    udp_stream_timeout_s: int | None


@dataclass(frozen=True)
class Network:
    """Addresses, routes and the kernel settings that decide whether audio gets through."""

    rmem_max: int | None
    wmem_max: int | None
    """Bytes, both; None where a container hides them."""
    local_port_first: int
    local_port_last: int
    reserved_ports: tuple[PortSpan, ...]
    """What the kernel does not hand out."""
    sip_modules: tuple[str, ...]
    """Loaded kernel modules that rewrite SIP."""
    addresses: tuple[str, ...] = ()
    """IPv4, without loopback."""
    addresses_v6: tuple[str, ...] = ()
    """Without loopback and without those of one link."""
    routes: tuple[Route, ...] = ()
    conntrack: Conntrack | None = None
    """None: the kernel keeps no such table."""
    backlog: int | None = None
    """Packets that may wait for the processor."""
    udp_datagrams: int | None = None
    """Received since boot."""
    udp_buffer_errors: int | None = None
    """Dropped since boot because a socket's buffer was full."""
    banning: tuple[str, ...] | None = None
    """Running programs that ban addresses which misbehave; None where nobody looked."""

    @property
    def has_public_address(self) -> bool:
        """Whether the internet could reach this machine directly; if not, a router translates addresses."""
        return not all(is_internal(address) for address in self.addresses)
