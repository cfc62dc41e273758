"""What a firewall on this machine must let in, and what it must not."""

from ipaddress import IPv4Network, collapse_addresses, ip_address
from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, ok, skip, warn
from voicectl.hardware.facts import Facts, Firewall, PortSpan, known

_TABLE: Final = "inet voicectl"


@check(
    "fw",
    group="network",
    why="callers hear silence where a firewall drops audio, and scanners call where there is none",
)
def firewall(config: Config, facts: Facts) -> Outcome:
    """Inbound rules against what calls need: SIP from those who may call, audio from wherever they send it."""
    if ip_address(config.sip.address).is_loopback:
        return skip("Asterisk listens on loopback, where no rule is needed")
    found, callers = known(facts.firewall), _callers(config)
    sip = PortSpan(config.sip.port, config.sip.port)
    audio = PortSpan(config.sip.rtp_first, config.sip.rtp_last)
    expected = f"UDP {_ports(sip)} let in from {callers} alone, UDP {_ports(audio)} let in"
    if not stands_before(sip, found):
        others = f"iif != lo udp dport {_ports(sip)} ip saddr != '{{ {callers} }}'"  # lo: the test call of deploy
        return warn(
            "no rule stands before them",
            expected,
            "let nobody else reach SIP (and keep the rules in /etc/nftables.conf; ufw and firewalld do it, too)",
            f"nft add table {_TABLE}",
            f"nft 'add chain {_TABLE} input {{ type filter hook input priority 0; }}'",
            f"nft add rule {_TABLE} input {others} drop",
        )
    closed = [span for span in (sip, audio) if found.strict_chains and not _covered(span, found.udp_let_in)]
    if not closed:
        by = f"let in by {', '.join(found.strict_chains)}" if found.strict_chains else "SIP is kept from all others"
        return ok(by, expected)
    source = {sip: f" ip saddr '{{ {callers} }}'", audio: ""}
    return warn(
        f"UDP {', '.join(map(_ports, closed))} is dropped by {', '.join(found.strict_chains)}",
        expected,
        "let them in, where your firewall keeps its rules (ufw, firewalld, /etc/nftables.conf)",
        *(
            f"nft insert rule {chain} udp dport {_ports(span)}{source[span]} accept"
            for chain in found.strict_chains
            for span in closed
        ),
    )


def stands_before(port: PortSpan, found: Firewall) -> bool:
    """Whether any rule tells who may reach a port; who exactly is between the operator and the rule."""
    return bool(found.strict_chains) or _covered(port, found.udp_kept_out)


def _covered(span: PortSpan, let_in: tuple[PortSpan, ...]) -> bool:
    """Every port of it, by one rule or by several."""
    next_port = span.first
    for each in sorted(let_in, key=lambda one: one.first):
        if each.first <= next_port:
            next_port = max(next_port, each.last + 1)
    return next_port > span.last


def _callers(config: Config) -> str:
    """Addresses that may call, as a set of nft; the phones of a machine without a trunk are the operator's to name."""
    named = [IPv4Network(one) for one in (config.trunk.address, *config.trunk.networks) if one]
    apart = collapse_addresses(named)  # nft refuses a set whose parts overlap
    return ", ".join(str(one).removesuffix("/32") for one in apart) or "ADDRESSES-OF-YOUR-PHONES"


def _ports(span: PortSpan) -> str:
    return str(span.first) if span.first == span.last else f"{span.first}-{span.last}"


CHECKS: Final = (firewall,)
