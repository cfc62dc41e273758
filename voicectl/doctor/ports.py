"""Can the agent listen where it was told to?"""

from collections.abc import Sequence
from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, fail, ok, warn
from voicectl.doctor.needs import profile_here
from voicectl.hardware.facts import BusyPort, Facts, NotKnownError, known

_GROUP: Final = "ports"
_PORTS_A_CALL: Final = 4
"""RTP and RTCP, of the caller's leg and of the one to a person."""
_RESERVE: Final = 1.2


@check("port.sip", group=_GROUP, blocking=True, why="a phone that calls is answered by another program, or by nobody")
def port_sip(config: Config, facts: Facts) -> Outcome:
    """SIP, bound for real: UDP is what the agent uses, TCP is what some phones try first."""
    expected = f"free: {config.sip.address}:{config.sip.port} udp"
    busy = _busy(facts, "sip")
    over_udp = [port for port in busy if port.transport == "udp"]
    if over_udp:
        return _blocked(facts, over_udp, expected, "or set sip.port to a free one")
    if busy:
        return warn(
            f"tcp {busy[0].port} {_holder(busy[0])}", expected, "end it: phones that use TCP reach it, not the agent"
        )
    return ok(_seen(facts, "sip"), expected)


@check("port.rtp", group=_GROUP, blocking=True, why="a call that gets a taken port is silent in one direction or both")
def port_rtp(config: Config, facts: Facts) -> Outcome:
    """Every audio port, bound over UDP."""
    expected = f"free: {config.sip.rtp_first}-{config.sip.rtp_last} udp"
    busy = _busy(facts, "rtp")
    return (
        _blocked(facts, busy, expected, "or move sip.rtp_first and sip.rtp_last")
        if busy
        else ok(_seen(facts, "rtp"), expected)
    )


@check(
    "port.services",
    group=_GROUP,
    blocking=True,
    why="an engine that cannot listen does not start, and the agent cannot hear or speak",
)
def port_services(config: Config, facts: Facts) -> Outcome:
    """The engines, the orchestrator's health page and Supervisor, over TCP on loopback."""
    services = ["stt", "tts", "orchestrator", "supervisor"]
    if profile_here(config, facts) != "embedded":  # otherwise an Ollama of the operator's own may have its usual port
        services.append("llm")
    busy = [port for service in services for port in _busy(facts, service)]
    expected = "free on 127.0.0.1"
    return (
        _blocked(facts, busy, expected, "or change its port in [services]")
        if busy
        else ok(_seen(facts, *services), expected)
    )


@check(
    "rtp.range",
    group=_GROUP,
    why="when the ports run out, further callers hear the busy tone although the machine is idle",
)
def rtp_range(config: Config, _: Facts) -> Outcome:
    """Four ports a call, and a fifth of them in reserve for calls that are just ending."""
    ports, calls = config.sip.rtp_last - config.sip.rtp_first + 1, config.calls.most
    enough = int(calls * _PORTS_A_CALL * _RESERVE)
    seen, expected = f"{ports} for {calls} calls", f"at least {enough}"
    if ports >= enough:
        return ok(seen, expected)
    return warn(seen, expected, f"set sip.rtp_last to {config.sip.rtp_first + enough}, or calls.most lower")


@check(
    "rtp.local_ports",
    group=_GROUP,
    why="the kernel may lend one of the audio ports to another program, and that call is silent",
)
def rtp_local_ports(config: Config, facts: Facts) -> Outcome:
    """The audio ports lie outside of what the kernel hands out, or are reserved."""
    network = known(facts.network)
    first, last = config.sip.rtp_first, config.sip.rtp_last
    handed_out = f"{network.local_port_first}-{network.local_port_last}"
    expected = f"outside of {handed_out}"
    reserved = any(span.first <= first and last <= span.last for span in network.reserved_ports)
    if last < network.local_port_first or first > network.local_port_last or reserved:
        return ok(f"{first}-{last}", expected)
    kept = [
        f"{span.first}-{span.last}" if span.last > span.first else f"{span.first}" for span in network.reserved_ports
    ]
    reserve = f"sysctl net.ipv4.ip_local_reserved_ports={','.join([*kept, f'{first}-{last}'])}"
    return warn(f"{first}-{last} overlaps {handed_out}", expected, "reserve them", reserve)


def _busy(facts: Facts, service: str) -> list[BusyPort]:
    """What stands in the way; our own running agent does not."""
    return [port for port in known(facts.ports).busy if port.service == service and not port.ours]


def _seen(facts: Facts, *services: str) -> str:
    ours = any(port.ours for port in known(facts.ports).busy if port.service in services)
    return "held by this agent, which is running" if ours else "bound and released"


def _blocked(facts: Facts, busy: Sequence[BusyPort], expected: str, otherwise: str) -> Outcome:
    port = busy[0]
    if port.problem == "no such address":
        return fail(
            f"{port.address} is not an address of this machine",
            expected,
            "set sip.address to one of these",
            "ip -br address",
        )
    # Without root a foreign program and our own running agent look alike: that is no bad news, and no good news.
    if port.problem != "in use" or (port.owner is None and not known(facts.system).is_root):
        raise NotKnownError(f"{port.transport} {port.port} {_holder(port)}")
    more = f" (and {len(busy) - 1} more)" if len(busy) > 1 else ""
    command = f"ps -p {port.pid} -o pid,args" if port.pid else f"ss -ap 'sport = :{port.port}'"
    return fail(
        f"{port.transport} {port.port} {_holder(port)}{more}", expected, f"end that program, {otherwise}", command
    )


def _holder(port: BusyPort) -> str:
    if port.problem != "in use":
        return f"cannot be bound here: {port.problem}"
    if port.owner:
        return f"is in use by {port.owner} (process {port.pid})"
    return "is in use by a program that cannot be seen from here"


CHECKS: Final = (port_sip, port_rtp, port_services, rtp_range, rtp_local_ports)
