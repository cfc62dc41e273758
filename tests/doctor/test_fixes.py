"""Which fixes are carried out: those that a finding shows, that are safe, and no others."""

from dataclasses import replace
from typing import Any

from tests.machines.machine import NAMES, change, machine
from voicectl.config.load import parse_config
from voicectl.doctor.fixes import Tuning, tuning_for
from voicectl.hardware.facts import Facts, PortSpan, SecretFile, Secrets


def tuning(facts: Facts, config: str = "") -> Tuning:
    return tuning_for(parse_config(config), facts)


def changed(**fields: dict[str, Any]) -> Facts:
    facts = machine("bare_vm")
    return replace(facts, **{name: change(getattr(facts, name), **values) for name, values in fields.items()})


def test_a_sound_machine_needs_nothing() -> None:
    """Nothing is done for the sake of doing."""
    assert tuning(machine("bare_vm")).steps == ()


def test_every_safe_fix_is_what_the_finding_shows() -> None:
    """Buffers, ports, swap, time, passwords, packages: each as one setting; ports that are reserved stay so."""
    facts = changed(
        network={
            "rmem_max": 1000,
            "local_port_first": 1024,
            "reserved_ports": (PortSpan(53, 53), PortSpan(9000, 9100)),
        },
        memory={"swap_total_mib": 100, "swap_used_mib": 9},
        clock={"synchronised": False},
        packages={"nvidia": ("nvidia-driver",), "unattended_upgrades": True, "time_daemon": None},
    )
    facts = replace(facts, secrets=Secrets((SecretFile("/opt/my agent/secrets/phone", 0o644, 0, 33),)))

    found = tuning(facts)

    assert found.kernel == {
        "vm.swappiness": "1",
        "net.ipv4.ip_local_reserved_ports": "53,9000-9100,10000-10099",
        "net.core.rmem_max": "212992",
        "net.core.wmem_max": "212992",
    }
    assert found.private_files == ["/opt/my agent/secrets/phone"]
    assert (found.packages, found.held) == (["chrony"], ["nvidia-driver"])
    assert "chmod 600 '/opt/my agent/secrets/phone'" in found.steps
    assert set(found.variables()) == {
        "voicectl_kernel",
        "voicectl_private_files",
        "voicectl_packages",
        "voicectl_held",
    }


def test_what_was_done_is_not_done_again() -> None:
    """Swap may stay in use for long after the setting, and a time daemon that is there is not replaced by another."""
    done = changed(
        memory={"swap_total_mib": 100, "swap_used_mib": 9, "swappiness": 1},
        clock={"synchronised": False},
        packages={"time_daemon": "systemd-timesyncd"},
    )

    assert tuning(done).steps == ()


def test_a_container_leaves_the_kernel_to_its_host() -> None:
    """Its kernel is not its own, and neither is the clock."""
    inside: dict[str, dict[str, Any]] = {
        "system": {"container": "docker", "kernel_settable": False},
        "clock": {"synchronised": False},
    }

    assert tuning(changed(network={"local_port_first": 1024}, **inside)).steps == ()


def test_nothing_is_ended_installed_or_mounted_that_a_person_should_decide() -> None:
    """No program is killed, no driver installed, nothing rebooted, whatever the machine looks like."""
    steps = [step for name in NAMES for step in tuning(machine(name)).steps]

    assert all(step.startswith(("sysctl ", "chmod 600 ", "apt-get install chrony", "apt-mark hold ")) for step in steps)
