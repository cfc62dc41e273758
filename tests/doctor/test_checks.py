"""What the checks say of known machines."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.machines.machine import NAMES, change, machine
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.doctor.check import Finding
from voicectl.doctor.examine import CHECKS, examine
from voicectl.hardware.facts import (
    BusyPort,
    Conntrack,
    Facts,
    Gpu,
    LoadedModel,
    NumaNode,
    PortSpan,
    Route,
    SecretFile,
    Secrets,
    Service,
)
from voicectl.planner.plan import make_plan

OPEN, STRICT = 'sip.address = "192.0.2.10"', ("inet filter input",)
TRUNK = 'trunk.address = "9.8.7.6"'


def findings(facts: Facts, config: str = "") -> dict[str, Finding]:
    return {one.id: one for one in examine(parse_config(config), facts, CHECKS).findings}


def obstacles(facts: Facts, config: str = "") -> set[str]:
    return {one.id for one in examine(parse_config(config), facts, CHECKS).obstacles}


@pytest.mark.parametrize("name", ["bare_vm", "container", "gpu_box", "driver_mismatch", "agent_running", "silent"])
def test_nothing_stands_in_the_way_of_an_ordinary_machine(name: str) -> None:
    """A bare VM, a container, a broken GPU driver or an agent that already runs are no obstacles."""
    assert obstacles(machine(name)) == set()


def test_a_bare_vm_has_no_complaint() -> None:
    """On the machine of the README nothing is even yellow, so that a warning means something."""
    assert {one.status for one in findings(machine("bare_vm")).values()} == {"ok", "skip"}


def test_a_tiny_machine_is_refused_for_what_it_lacks() -> None:
    """Memory, disk and files are named as obstacles; the slow processor is a warning."""
    assert obstacles(machine("tiny")) == {"ram", "disk.models", "limits.nofile"}
    assert findings(machine("tiny"))["cpu.flags"].status == "warn"


def test_another_pbx_is_named() -> None:
    """A taken port says by whom, and which command shows it."""
    found = findings(machine("office_pbx"))

    assert obstacles(machine("office_pbx")) == {"port.sip", "port.services"}
    assert "asterisk (process 812)" in found["port.sip"].seen
    assert found["port.sip"].fix is not None
    assert found["port.sip"].fix.commands == ("ps -p 812 -o pid,args",)


def test_our_own_running_agent_may_hold_its_ports() -> None:
    """Doctor beside a running agent finds its ports in good hands."""
    found = findings(machine("agent_running"))

    assert found["port.sip"].status == "ok"
    assert "this agent" in found["port.sip"].seen


def test_without_root_a_taken_port_is_unknown() -> None:
    """An ordinary user cannot tell our agent from a stranger, so doctor says neither."""
    facts = machine("office_pbx")
    facts = replace(facts, system=change(facts.system, is_root=False))
    ports = tuple(change(port, owner=None, pid=None) for port in change(facts.ports).busy)
    facts = replace(facts, ports=change(facts.ports, busy=ports))

    assert findings(facts)["port.sip"].status == "unknown"


def test_nothing_known_is_never_ok() -> None:
    """On a machine that answers no question only what the configuration alone decides is ok."""
    found = findings(machine("silent"))

    assert {name for name, one in found.items() if one.status == "ok"} == {"rtp.range", "sip.open", "license.models"}


def test_the_readme_counts_the_checks() -> None:
    """As many as there are."""
    readme = Path(__file__).parent.parent.parent / "README.md"

    assert f"| {len(CHECKS)} checks, " in readme.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("trunk", "banning", "strict", "status", "says"),
    [
        ("", ("fail2ban",), (), "warn", "no trunk is named, and banning: fail2ban"),
        ("", (), (), "warn", "no trunk is named, and nothing is known to ban"),
        (TRUNK, (), (), "warn", "calls from 9.8.7.6; nothing is known to ban"),
        (TRUNK, (), STRICT, "ok", "nothing is known to ban"),
        (TRUNK, ("fail2ban", "crowdsec"), (), "ok", "banning: fail2ban, crowdsec"),
        ("", None, (), "warn", "no trunk is named"),
        (TRUNK, None, STRICT, "ok", "nothing is known to ban"),
        (TRUNK, None, (), "unknown", "nobody looked"),
    ],
)
def test_an_open_sip_port_needs_somebody_who_bans(
    trunk: str, banning: tuple[str, ...] | None, strict: tuple[str, ...], status: str, says: str
) -> None:
    """Phones have passwords, which strangers try also where a trunk is named; a firewall before them does as well."""
    facts = machine("bare_vm")
    facts = replace(
        facts,
        network=change(facts.network, banning=banning),
        firewall=change(facts.firewall, strict_chains=strict, udp_let_in=(PortSpan(0, 65_535),)),
    )
    found = findings(facts, f"{OPEN}\n{trunk}")["sip.open"]

    assert found.status == status
    assert says in found.seen


@pytest.mark.parametrize("name", NAMES)
def test_every_problem_has_a_way_out(name: str) -> None:
    """A warning or a failure always says what was seen, what was expected, why it matters and what to do."""
    for one in findings(machine(name)).values():
        assert one.seen
        assert one.why
        if one.status in {"warn", "fail"}:
            assert one.expected, one.id
            assert one.fix is not None, one.id


def up(
    name: str = "llm-service", state: str = "RUNNING", ended: int = 0, *, healthy: bool | None = True
) -> dict[str, Any]:
    return {"deployed": True, "running": (Service(name, state, 60, ended, healthy),)}


# The id, the wish that matters, the fact to change, its fields, and the status that must follow.
CASES: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("os.supported", "", "system", {"os_id": "fedora"}, "warn"),
    ("user.root", "", "system", {"is_root": False}, "warn"),
    ("locale.utf8", "", "system", {"encoding": "ANSI_X3.4-1968"}, "warn"),
    ("python.version", "", "python", {"version": None}, "fail"),
    ("python.version", "", "python", {"version": "3.9.2"}, "fail"),
    ("python.version", "", "python", {"version": "3.14.0rc1"}, "ok"),
    ("python.version", "", "python", {"world_readable": False}, "fail"),
    ("ctl.ansible", "", "packages", {"ansible": "2.18.1"}, "ok"),
    ("ctl.ansible", "", "packages", {"ansible": "2.17.14"}, "fail"),
    ("ctl.ansible", "", "packages", {"ansible": ""}, "fail"),
    ("ctl.ansible", "", "packages", {"ansible": None}, "skip"),
    ("packages.lock", "", "packages", {"locked_by": 4711}, "warn"),
    ("time.sync", "", "clock", {"synchronised": False}, "warn"),
    ("limits.nofile", "", "limits", {"nofile_hard": -1}, "ok"),
    ("limits.nofile", "", "limits", {"nofile_hard": 65_535}, "warn"),
    ("limits.nofile", "", "limits", {"nofile_hard": 4095}, "fail"),
    ("cpu.arch", "", "cpu", {"architecture": "aarch64"}, "fail"),
    ("cpu.flags", "", "cpu", {"architecture": "aarch64"}, "skip"),
    ("cpu.flags", "", "cpu", {"flags": ("avx2", "fma")}, "warn"),
    ("cpu.cores", "", "cpu", {"cores": 1}, "warn"),
    ("cpu.cores", "calls.most = 30\nsip.rtp_last = 10199", "cpu", {"cores": 2}, "warn"),
    ("cpu.steal", "", "cpu", {"steal_percent": 5.0}, "warn"),
    ("ram", "", "memory", {"limit_mib": 256}, "fail"),
    ("ram", "", "memory", {"available_mib": 256}, "warn"),
    ("swap", "", "memory", {"swap_total_mib": 1000}, "ok"),
    ("swap", "", "memory", {"swap_total_mib": 1000, "swap_used_mib": 1}, "warn"),
    ("asterisk.available", "", "asterisk", {"debootstrap": None}, "warn"),
    ("asterisk.available", "", "packages", {"apt": False}, "fail"),
    ("asterisk.available", "", "asterisk", {"candidate": "1:20.6.0"}, "ok"),
    ("asterisk.version", "", "asterisk", {"in_store": "1:22.10.1~dfsg+~cs6.15-1"}, "ok"),
    ("asterisk.bugs", "", "asterisk", {"in_store": "1:22.10.1~dfsg+~cs6.15-1"}, "ok"),
    ("asterisk.bugs", "", "asterisk", {"in_store": "1:22.11.0~dfsg-1"}, "ok"),
    ("asterisk.bugs", "", "asterisk", {"installed": "1:22.5.1"}, "warn"),
    ("asterisk.bugs", 'sip.address = "0.0.0.0"', "asterisk", {"installed": "1:22.5.1"}, "fail"),
    ("asterisk.bugs", 'sip.address = "0.0.0.0"', "asterisk", {"installed": "20.8.0"}, "fail"),
    ("asterisk.bugs", "", "asterisk", {"installed": "24.0.0"}, "ok"),
    ("cpu.governor", "", "cpu", {"governor": "powersave"}, "warn"),
    ("cpu.governor", "", "cpu", {"governor": "schedutil"}, "ok"),
    ("os.supported", "", "system", {"container": "wsl"}, "warn"),
    ("net.conntrack", "", "network", {"conntrack": Conntrack(80, 100, 180)}, "warn"),
    ("net.conntrack", "", "network", {"conntrack": Conntrack(79, 100, 60)}, "warn"),
    ("net.conntrack", "", "network", {"conntrack": Conntrack(79, 100, 120)}, "ok"),
    ("net.losses", "", "network", {"udp_buffer_errors": 101}, "warn"),
    ("net.losses", "", "network", {"udp_buffer_errors": None}, "unknown"),
    ("net.route", TRUNK, "network", {}, "ok"),
    ("net.route", TRUNK, "network", {"routes": (Route("eth0", "192.168.1.0/24", None),)}, "fail"),
    ("net.nat", TRUNK, "network", {}, "warn"),
    ("net.nat", TRUNK, "network", {"addresses": ("192.168.1.20", "9.9.9.9")}, "ok"),
    ("net.nat", 'trunk.address = "10.1.2.3"', "network", {}, "ok"),
    ("net.mtu", "", "network", {}, "skip"),
    ("net.mtu", TRUNK, "network", {}, "ok"),
    ("net.mtu", TRUNK, "network", {"routes": (Route("wg0", "0.0.0.0/0", "10.0.0.1", 1280),)}, "warn"),
    ("net.mtu", TRUNK, "network", {"routes": (Route("wg0", "0.0.0.0/0", "10.0.0.1", None),)}, "unknown"),
    ("time.sync", "", "clock", {"offset_ms": -101.0}, "warn"),
    ("limits.processes", "", "limits", {"processes_hard": 4095}, "warn"),
    ("limits.processes", "", "limits", {"processes_hard": -1}, "ok"),
    ("kernel.memory", "", "memory", {"overcommit": 2}, "warn"),
    ("kernel.memory", "", "memory", {"map_count": 65_529}, "warn"),
    ("kernel.memory", "", "memory", {"map_count": None}, "unknown"),
    ("numa", "", "numa", {"nodes": (NumaNode(0, "0-7", 100), NumaNode(1, "8-15", 100))}, "ok"),
    ("models.whole", "", "models", {"incomplete": ("whisper-tiny.en",)}, "warn"),
    ("models.whole", "", "models", {"in_store": ("whisper-tiny.en",)}, "ok"),
    ("secrets.length", "", "secrets", {"files": (SecretFile("/opt/a/secrets/phone", 0o600, 0, 12),)}, "warn"),
    ("secrets.length", "", "secrets", {"files": (SecretFile("/opt/a/secrets/phone", 0o600, 0, 13),)}, "ok"),
    ("svc.supervisor", "", "services", {}, "skip"),
    ("svc.supervisor", "", "services", {"deployed": True}, "warn"),
    ("svc.supervisor", "", "services", up(), "ok"),
    ("svc.supervisor", "", "services", up(state="BACKOFF"), "fail"),
    ("svc.supervisor", "", "services", up(state="STARTING"), "warn"),
    ("svc.supervisor", "", "services", up(ended=2), "warn"),
    ("svc.health", "", "services", up(), "ok"),
    ("svc.health", "", "services", up(healthy=False), "fail"),
    ("svc.health", "", "services", up(healthy=None), "skip"),
    ("llm.loaded", "", "services", up(name="stt-service"), "skip"),
    ("llm.loaded", "", "services", up(), "warn"),
    ("llm.loaded", "", "services", {**up(), "loaded": (LoadedModel("m", stays=True, context_tokens=4096),)}, "ok"),
    ("llm.loaded", "", "services", {**up(), "loaded": (LoadedModel("m", stays=False, context_tokens=4096),)}, "warn"),
    ("asterisk.version", "", "asterisk", {"installed": "1:16.28.0~dfsg-0+deb11u4"}, "warn"),
    ("asterisk.bugs", "", "asterisk", {"installed": "certified/18.9"}, "ok"),
    ("asterisk.bugs", 'sip.address = "0.0.0.0"', "asterisk", {"installed": "22.7.0"}, "fail"),
    ("asterisk.version", "", "asterisk", {"installed": "23.5.0"}, "ok"),
    ("rtp.local_ports", "", "network", {"local_port_first": 10_050}, "warn"),
    (
        "rtp.local_ports",
        "",
        "network",
        {"local_port_first": 1024, "reserved_ports": (PortSpan(53, 53), PortSpan(9000, 10_099))},
        "ok",
    ),
    (
        "rtp.local_ports",
        "",
        "network",
        {"local_port_first": 1024, "reserved_ports": (PortSpan(10_000, 10_000),)},
        "warn",
    ),
    ("rtp.range", "calls.most = 25", "network", {}, "warn"),
    ("net.bufs", "", "network", {"rmem_max": 131_072}, "warn"),
    ("net.bufs", "", "network", {"wmem_max": None}, "unknown"),
    ("net.bufs", "calls.most = 30\nsip.rtp_last = 10399", "network", {}, "warn"),
    ("net.nf_conntrack_sip", "", "network", {"sip_modules": ("nf_conntrack_sip",)}, "warn"),
    ("fw", OPEN, "firewall", {"strict_chains": ()}, "warn"),
    ("fw", OPEN, "firewall", {"strict_chains": STRICT, "udp_let_in": (PortSpan(0, 65535),)}, "ok"),
    ("fw", OPEN, "firewall", {"strict_chains": STRICT, "udp_let_in": (PortSpan(5060, 5060),)}, "warn"),
    ("fw", OPEN, "firewall", {"strict_chains": STRICT, "udp_let_in": (PortSpan(10000, 10099),)}, "warn"),
    ("fw", "", "firewall", {"strict_chains": STRICT, "udp_let_in": ()}, "skip"),
    ("sip.open", 'sip.address = "192.0.2.10"', "network", {}, "warn"),
    ("sip.open", 'sip.address = "0.0.0.0"', "network", {}, "warn"),
    ("models.hub", "", "models", {"hub_reachable": False, "hub_problem": "refused"}, "skip"),
    ("models.hub", "agent.language_model = true", "models", {"hub_reachable": False, "hub_problem": "refused"}, "warn"),
    ("models.hub", "agent.language_model = true", "models", {}, "ok"),
    ("gpu.present", "", "gpus", {}, "skip"),
    ("gpu.present", 'agent.profile = "gpu"', "gpus", {}, "fail"),
    ("gpu.driver", "", "gpus", {"state": "no driver", "on_bus": 1, "problem": "x"}, "warn"),
    ("gpu.driver", 'agent.profile = "gpu"', "gpus", {"state": "error", "on_bus": 1, "problem": "x"}, "fail"),
    ("docker.version", "", "docker", {"engine": "19.03.5"}, "warn"),
    ("docker.cgroup", "", "docker", {"engine": "27.1.1", "cgroup_version": "1"}, "warn"),
    ("docker.cgroup", "", "docker", {"engine": "27.1.1", "cgroup_version": "2"}, "ok"),
    ("license.models", 'agent.profile = "gpu"', "gpus", {}, "warn"),
]


@pytest.mark.parametrize(("name", "config", "fact", "fields", "status"), CASES)
def test_one_changed_fact_changes_the_finding(
    name: str, config: str, fact: str, fields: dict[str, Any], status: str
) -> None:
    """Each check looks at the fact that it is about, on a machine where all else is well."""
    good = machine("bare_vm")
    facts = replace(good, **{fact: change(getattr(good, fact), **fields)})

    assert findings(facts, config)[name].status == status


def test_a_full_shared_memory_is_an_obstacle() -> None:
    """The agent's speech goes through it."""
    disks: Any = machine("bare_vm").disks
    facts = machine("bare_vm", disks=replace(disks, shm=replace(disks.shm, free_mib=20)))

    assert obstacles(facts) == {"shm.size"}


@pytest.mark.parametrize(
    ("which", "fields", "obstacle"),
    [
        ("store", {"free_mib": 2499}, "disk.models"),
        ("prefix", {"free_mib": 100}, "disk.prefix"),
        ("prefix", {"inodes_free": 10}, "disk.inodes"),
        ("store", {"read_only": True}, "disk.writable"),
    ],
)
def test_a_disk_that_cannot_take_the_agent_is_an_obstacle(which: str, fields: dict[str, Any], obstacle: str) -> None:
    """Too full, out of inodes or read-only."""
    disks: Any = machine("bare_vm").disks
    facts = machine("bare_vm", disks=replace(disks, **{which: replace(getattr(disks, which), **fields)}))

    assert obstacles(facts) == {obstacle}


def test_a_full_disk_does_not_stop_a_deployed_agent() -> None:
    """Its models are there already; only new ones would need room."""
    disks: Any = machine("agent_running").disks
    facts = machine("agent_running", disks=replace(disks, store=replace(disks.store, free_mib=600)))

    assert obstacles(facts) == set()


def test_a_readable_password_is_an_obstacle() -> None:
    """The fix names the file and takes the rights away."""
    loose = SecretFile("/opt/voicectl/secrets/phone", 0o644, 0, 33)
    found = findings(machine("bare_vm", secrets=Secrets((loose,))))["secrets.perms"]

    assert found.status == "fail"
    assert found.fix is not None
    assert "chmod 600 /opt/voicectl/secrets/phone" in found.fix.commands


def test_an_address_of_another_machine_is_named() -> None:
    """An address that cannot be bound is a slip in the configuration, and is told apart from a taken port."""
    strange = BusyPort("sip", "192.0.2.10", 5060, "udp", "no such address", None, None, ours=False)
    facts = machine("bare_vm")
    found = findings(replace(facts, ports=change(facts.ports, busy=(strange,))))["port.sip"]

    assert found.status == "fail"
    assert "192.0.2.10 is not an address of this machine" in found.seen


@pytest.mark.parametrize(("config", "status"), [("", "ok"), ("agent.language_model = true", "fail")])
def test_an_ollama_of_the_operators_own_is_in_the_way_of_a_language_model_only(config: str, status: str) -> None:
    """The embedded profile starts none, so whoever has the port may keep it."""
    other = BusyPort("llm", "127.0.0.1", 11_434, "tcp", "in use", "ollama", 7, ours=False)
    facts = machine("bare_vm")
    facts = replace(facts, ports=change(facts.ports, busy=(other,)))

    assert findings(facts, config)["port.services"].status == status


def test_sip_over_tcp_is_only_a_warning() -> None:
    """The agent speaks UDP; who holds the TCP port does not keep it from answering."""
    other = BusyPort("sip", "127.0.0.1", 5060, "tcp", "in use", "kamailio", 7, ours=False)
    facts = machine("bare_vm")

    assert findings(replace(facts, ports=change(facts.ports, busy=(other,))))["port.sip"].status == "warn"


@pytest.mark.parametrize(
    ("vram_mib", "used_mib", "status"), [(24_564, 0, "ok"), (24_564, 20_000, "warn"), (8192, 0, "warn")]
)
def test_a_card_is_measured_against_the_calls(vram_mib: int, used_mib: int, status: str) -> None:
    """Free memory counts, not what the card's box says."""
    card = Gpu(0, "a card", "GPU-0", vram_mib, used_mib, "8.6")
    facts = machine("gpu_box")

    assert findings(replace(facts, gpus=change(facts.gpus, cards=(card,))))["gpu.memory"].status == status


def test_an_old_card_is_named() -> None:
    """Pascal cards have no half precision to speak of."""
    facts = machine("gpu_box")
    card = Gpu(0, "GTX 1080 Ti", "GPU-0", 11_264, 0, "6.1")
    found = findings(replace(facts, gpus=change(facts.gpus, cards=(card,))))["gpu.capability"]

    assert found.status == "warn"
    assert "GTX 1080 Ti" in found.seen


def test_a_program_cannot_steer_the_terminal_by_its_name() -> None:
    """Whoever holds a port chose their name."""
    hostile = BusyPort("sip", "127.0.0.1", 5060, "udp", "in use", "\x1b]0;x\x07", 7, ours=False)
    facts = machine("bare_vm")
    facts = replace(facts, ports=change(facts.ports, busy=(hostile,)))

    assert "\x1b" not in findings(facts)["port.sip"].seen


@pytest.mark.parametrize("cores", [2, 4, 16])
@pytest.mark.parametrize("profile", ["embedded", "cpu"])
def test_doctor_and_plan_name_the_same_calls(cores: int, profile: str) -> None:
    """One figure for the processor: what the plan carries, the doctor asks for."""
    facts = machine("bare_vm")
    facts = replace(facts, cpu=change(facts.cpu, cores=cores))
    text = f'agent.profile = "{profile}"\nagent.language_model = {str(profile == "cpu").lower()}\n'
    finding, plan = findings(facts, text)["cpu.cores"], make_plan(parse_config(text), facts, load_models())
    (limit,) = (one for one in plan.limits if one.constraint == "cpu")

    assert f"{cores}, which carry {limit.calls} calls at once" == finding.seen
