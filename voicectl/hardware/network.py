"""Addresses, routes, and how the kernel treats packets, from /proc and /sys."""

import re
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Address, ip_address
from pathlib import Path
from typing import Final

from voicectl.hardware.network_facts import Conntrack, Network, PortSpan, Route

_SIP_MODULES: Final = {"nf_conntrack_sip", "nf_nat_sip", "ip_conntrack_sip", "ip_nat_sip"}
# By their processes, of whose names the kernel keeps 15 letters; the crowdsec that only looks bans nobody.
_BANNING: Final = {"fail2ban": "fail2ban-server", "crowdsec": "crowdsec-firewa"}
_UP: Final = 0x1  # RTF_UP
_OWN_ADDRESS: Final = re.compile(r"\|-- (\S+)\n\s+/32 host LOCAL")


def read_network(proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> Network:
    """What a packet meets on this machine."""
    first, last = (proc / "sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
    udp = _udp_counts(_text(proc / "net/snmp"))
    loaded = {line.partition(" ")[0] for line in _text(proc / "modules").splitlines()}
    return Network(
        rmem_max=_number(proc / "sys/net/core/rmem_max"),
        wmem_max=_number(proc / "sys/net/core/wmem_max"),
        local_port_first=int(first),
        local_port_last=int(last),
        reserved_ports=_spans(_text(proc / "sys/net/ipv4/ip_local_reserved_ports")),
        sip_modules=tuple(sorted(loaded & _SIP_MODULES)),
        addresses=_addresses(_text(proc / "net/fib_trie")),
        addresses_v6=tuple(_addresses_v6(_text(proc / "net/if_inet6"))),
        routes=tuple(_routes(_text(proc / "net/route"), sys / "class/net")),
        conntrack=_conntrack(proc / "sys/net/netfilter"),
        backlog=_number(proc / "sys/net/core/netdev_max_backlog"),
        udp_datagrams=udp.get("InDatagrams"),
        udp_buffer_errors=udp.get("RcvbufErrors"),
        banning=_banning(proc),
    )


def _banning(proc: Path) -> tuple[str, ...]:
    running = {_text(folder / "comm").strip() for folder in proc.glob("[0-9]*")}
    return tuple(name for name, program in _BANNING.items() if program in running)


def _spans(text: str) -> tuple[PortSpan, ...]:
    """The kernel's own notation: 53,9000-9100."""
    ends = (entry.partition("-") for entry in text.strip().split(",") if entry)
    return tuple(PortSpan(int(first), int(last or first)) for first, _, last in ends)


def _addresses(tree: str) -> tuple[str, ...]:
    """The routing tree names every address of our own once in each of its tables."""
    found = {address for address in _OWN_ADDRESS.findall(tree) if not ip_address(address).is_loopback}
    return tuple(sorted(found, key=ip_address))


def _addresses_v6(table: str) -> Iterator[str]:
    for line in table.splitlines():
        address = IPv6Address(int(line.split()[0], 16))
        if not address.is_loopback and not address.is_link_local:
            yield str(address)


def _routes(table: str, interfaces: Path) -> Iterator[Route]:
    for line in table.splitlines()[1:]:
        interface, network, gateway, flags, *_, mask, _, _, _ = line.split()
        if int(flags, 16) & _UP:
            yield Route(
                interface=interface,
                network=str(IPv4Network((_dotted(network), _dotted(mask)))),
                gateway=_dotted(gateway) if int(gateway, 16) else None,
                mtu=_number(interfaces / interface / "mtu"),
            )


def _dotted(digits: str) -> str:
    return socket.inet_ntoa(struct.pack("=I", int(digits, 16)))


def _conntrack(folder: Path) -> Conntrack | None:
    entries, most = _number(folder / "nf_conntrack_count"), _number(folder / "nf_conntrack_max")
    if entries is None or most is None:
        return None
    return Conntrack(entries, most, _number(folder / "nf_conntrack_udp_timeout_stream"))


def _udp_counts(table: str) -> dict[str, int]:
    """Two lines a protocol: the names, and the numbers in the same order."""
    names, numbers = ([line.split()[1:] for line in table.splitlines() if line.startswith("Udp:")] + [[], []])[:2]
    return {name: int(number) for name, number in zip(names, numbers, strict=False)}


def _number(path: Path) -> int | None:
    """None in a container with its own network: many kernels show some of these to the host alone."""
    text = _text(path).strip()
    return int(text) if text else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
