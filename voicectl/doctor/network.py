"""Will the audio get through, and who may call?"""

from ipaddress import ip_address, ip_network
from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, fail, ok, skip, warn
from voicectl.doctor.firewall import stands_before
from voicectl.doctor.needs import profile_here
from voicectl.hardware.facts import Facts, NotKnownError, PortSpan, Unknown, known
from voicectl.hardware.network_facts import is_internal
from voicectl.render.places import places_of

_GROUP: Final = "network"
_KERNEL_DEFAULT_BYTES: Final = 212_992
"""Four seconds of one call's audio, which outlasts any pause of Asterisk's."""
_BUSY_SERVER_BYTES: Final = 5_000_000
_MANY_CALLS: Final = 25
_FULL_PERCENT: Final = 80
_LEAST_STREAM_S: Final = 120
"""Longer than the minute between two signs of life of a phone."""
_LEAST_MTU: Final = 1400
_ONE_LOST_IN: Final = 1000


@check("net.bufs", group=_GROUP, why="packets that find the buffer full are lost, and callers hear gaps")
def net_bufs(config: Config, facts: Facts) -> Outcome:
    """Socket buffers: the kernel's default carries an office, many calls in one moment need more."""
    network = known(facts.network)
    if network.rmem_max is None or network.wmem_max is None:
        raise NotKnownError("this container does not show them: see net.core.rmem_max on its host")
    least_bytes = _BUSY_SERVER_BYTES if config.calls.most > _MANY_CALLS else _KERNEL_DEFAULT_BYTES
    has_bytes = min(network.rmem_max, network.wmem_max)
    seen, expected = f"{has_bytes} bytes", f"at least {least_bytes} for {config.calls.most} calls"
    if has_bytes >= least_bytes:
        return ok(seen, expected)
    commands = (f"sysctl net.core.rmem_max={least_bytes}", f"sysctl net.core.wmem_max={least_bytes}")
    return warn(seen, expected, "enlarge them (and keep it in /etc/sysctl.d)", *commands)


@check(
    "net.nf_conntrack_sip",
    group=_GROUP,
    why="this kernel module rewrites SIP messages, and calls are cut off or have no sound",
)
def net_nf_conntrack_sip(_: Config, facts: Facts) -> Outcome:
    """No kernel module that understands SIP is loaded."""
    modules = known(facts.network).sip_modules
    if not modules:
        return ok("not loaded", "not loaded")
    return warn(
        f"loaded: {', '.join(modules)}", "not loaded", "unload it", f"modprobe -r {' '.join(reversed(modules))}"
    )


@check(
    "sip.open", group=_GROUP, why="strangers who find an open SIP port try passwords all day and call expensive numbers"
)
def sip_open(config: Config, facts: Facts) -> Outcome:
    """Whoever can reach the SIP port is this machine or named in [trunk], and something stops all others."""
    address, expected = ip_address(config.sip.address), "on loopback, or a trunk is named and strangers are stopped"
    if address.is_loopback:
        return ok(f"{address}: this machine alone", expected)
    reach = "every address of this machine" if address.is_unspecified else str(address)
    banning = None if isinstance(facts.network, Unknown) else facts.network.banning
    ban = f"banning: {', '.join(banning)}" if banning else "nothing is known to ban who tries passwords"
    named = [entry for entry in (config.trunk.address, *config.trunk.networks) if entry]
    if not named:
        fix = "set trunk.address or trunk.networks, and let a firewall drop everybody else; fw prints the rules"
        return warn(f"{reach}, no trunk is named, and {ban}", expected, fix, "voicectl doctor --only fw")
    seen = f"{reach}, calls from {', '.join(named)}; {ban}"
    if banning or _is_fenced(config, facts):
        return ok(seen, expected)
    if banning is None:
        raise NotKnownError("nobody looked for what bans who tries passwords")
    log = places_of(config).log / "asterisk-pbx.log"
    fix = f"let a firewall drop everybody else (fw prints the rules), or have fail2ban or crowdsec read {log}"
    return warn(seen, expected, fix, "voicectl doctor --only fw")


def _is_fenced(config: Config, facts: Facts) -> bool:
    """Whether a firewall stands before SIP, as far as is known."""
    sip = PortSpan(config.sip.port, config.sip.port)
    return not isinstance(facts.firewall, Unknown) and stands_before(sip, facts.firewall)


@check("models.hub", group=_GROUP, why="without it the agent's language model is a tiny one that invents answers")
def models_hub(config: Config, facts: Facts) -> Outcome:
    """The hub that carries the language model; the other models come from packages as well."""
    if profile_here(config, facts) != "cpu":
        return skip("no language model is fetched for this profile")
    models = known(facts.models)
    if models.hub_reachable:
        return ok("reachable", "reachable")
    fix = "let this machine reach it, or carry the model in by hand (deploy.models_folder)"
    return warn(models.hub_problem, "reachable", fix, "voicectl models --help")


@check("net.route", group=_GROUP, blocking=True, why="the telephone company cannot be reached, so no call comes in")
def net_route(config: Config, facts: Facts) -> Outcome:
    """The kernel knows a way to the trunk."""
    if not config.trunk.address:
        return skip("no trunk is named")
    trunk, expected = ip_address(config.trunk.address), f"a route to {config.trunk.address}"
    routes = [route for route in known(facts.network).routes if trunk in ip_network(route.network)]
    if not routes:
        return fail("no route", expected, "give this machine a default gateway", "ip route")
    best = max(routes, key=lambda route: ip_network(route.network).prefixlen)
    return ok(f"over {best.interface}" + (f", gateway {best.gateway}" if best.gateway else ""), expected)


@check(
    "net.mtu",
    group=_GROUP,
    why="a call's first message is larger than the line, arrives in pieces, and often not at all",
)
def net_mtu(config: Config, facts: Facts) -> Outcome:
    """SIP over UDP is one packet a message, and an invitation with its codecs takes some 1,300 bytes."""
    if not config.trunk.address:
        return skip("no trunk is named")
    trunk, expected = ip_address(config.trunk.address), f"at least {_LEAST_MTU} bytes"
    routes = [route for route in known(facts.network).routes if trunk in ip_network(route.network)]
    best = max(routes, key=lambda route: ip_network(route.network).prefixlen, default=None)
    if best is None or best.mtu is None:
        raise NotKnownError("no route to the trunk, or its interface does not tell")
    seen = f"{best.mtu} bytes on {best.interface}"
    if best.mtu >= _LEAST_MTU:
        return ok(seen, expected)
    return warn(seen, expected, "raise it, or reach the trunk around this tunnel", f"ip link show {best.interface}")


@check("net.nat", group=_GROUP, why="behind a router that translates addresses callers hear silence, or reach nobody")
def net_nat(config: Config, facts: Facts) -> Outcome:
    """The trunk's packets find the way in: SIP and audio."""
    if not config.trunk.address:
        return skip("no trunk is named")
    network = known(facts.network)
    if is_internal(config.trunk.address) or network.has_public_address:
        return ok("the trunk and this machine see each other's addresses", "no translation between them")
    ports = f"UDP {config.sip.port} and {config.sip.rtp_first}-{config.sip.rtp_last}"
    return warn(
        f"only private addresses here ({', '.join(network.addresses) or 'none'})",
        "no translation between the trunk and this machine",
        f"let the router forward {ports} to this machine, unchanged, and turn its SIP helper (ALG) off",
    )


@check(
    "net.conntrack",
    group=_GROUP,
    why="when the kernel forgets a call's packets or its table is full, the call goes silent",
)
def net_conntrack(_: Config, facts: Facts) -> Outcome:
    """Room in the table of connections, and a memory longer than a caller's pause."""
    table = known(facts.network).conntrack
    if table is None:
        return skip("the kernel keeps no table of connections")
    seen, expected = f"{table.entries} of {table.most}", f"below {_FULL_PERCENT} %, {_LEAST_STREAM_S} s for UDP"
    if table.entries * 100 >= table.most * _FULL_PERCENT:
        return warn(seen, expected, "enlarge it", f"sysctl net.netfilter.nf_conntrack_max={2 * table.most}")
    if table.udp_stream_timeout_s is not None and table.udp_stream_timeout_s < _LEAST_STREAM_S:
        longer = f"sysctl net.netfilter.nf_conntrack_udp_timeout_stream={_LEAST_STREAM_S}"
        return warn(f"{seen}, UDP forgotten after {table.udp_stream_timeout_s} s", expected, "wait longer", longer)
    return ok(seen, expected)


@check("net.losses", group=_GROUP, why="datagrams that find a socket's buffer full are lost, and callers hear gaps")
def net_losses(_: Config, facts: Facts) -> Outcome:
    """Since boot nearly every datagram was taken."""
    network = known(facts.network)
    if network.udp_buffer_errors is None or network.udp_datagrams is None:
        raise NotKnownError("the kernel does not tell")
    seen = f"{network.udp_buffer_errors} of {network.udp_datagrams} since boot"
    expected = f"below one in {_ONE_LOST_IN}"
    if network.udp_buffer_errors * _ONE_LOST_IN <= network.udp_datagrams:
        return ok(seen, expected)
    return warn(seen, expected, "find the program that reads too slowly; enlarge net.core.rmem_max", "ss -uampn")


CHECKS: Final = (
    net_bufs,
    net_losses,
    net_nf_conntrack_sip,
    net_conntrack,
    net_route,
    net_mtu,
    net_nat,
    sip_open,
    models_hub,
)
