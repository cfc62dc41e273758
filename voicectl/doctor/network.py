"""Will the audio get through, and who may call?"""

from ipaddress import ip_address
from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, ok, skip, warn
from voicectl.doctor.needs import profile_here
from voicectl.hardware.facts import Facts, NotKnownError, known

_GROUP: Final = "network"
_KERNEL_DEFAULT_BYTES: Final = 212_992
"""Four seconds of one call's audio, which outlasts any pause of Asterisk's."""
_BUSY_SERVER_BYTES: Final = 5_000_000
_MANY_CALLS: Final = 25


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
def sip_open(config: Config, _: Facts) -> Outcome:
    """Whoever can reach the SIP port is either this machine or named in [trunk]."""
    address, expected = ip_address(config.sip.address), "on loopback, or with the trunk's addresses named"
    if address.is_loopback:
        return ok(f"{address}: this machine alone", expected)
    named = [entry for entry in (config.trunk.address, *config.trunk.networks) if entry]
    if named:
        return ok(f"{address}, calls from {', '.join(named)}", expected)
    reach = "every address of this machine" if address.is_unspecified else str(address)
    fix = "set trunk.address or trunk.networks, and let a firewall drop everybody else"
    return warn(
        f"{reach}, and no trunk is named",
        expected,
        fix,
        f"nft add rule inet filter input udp dport {config.sip.port} drop",
    )


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


CHECKS: Final = (net_bufs, net_nf_conntrack_sip, sip_open, models_hub)
