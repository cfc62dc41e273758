"""Gathers everything that is known about this machine, in under two seconds."""

from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from typing import Final

from voicectl.catalogue.models import Model
from voicectl.config.sections import Config
from voicectl.hardware.cpu import read_cpu
from voicectl.hardware.disks import read_disks
from voicectl.hardware.docker import read_docker
from voicectl.hardware.facts import Facts, Unknown
from voicectl.hardware.firewall import read_firewall
from voicectl.hardware.gpus import read_gpus
from voicectl.hardware.kernel import read_clock, read_limits
from voicectl.hardware.memory import read_memory, read_numa
from voicectl.hardware.model_sources import read_model_sources
from voicectl.hardware.network import read_network
from voicectl.hardware.packages import read_asterisk, read_packages
from voicectl.hardware.ports import read_ports
from voicectl.hardware.probe import Probe, ask_all
from voicectl.hardware.secrets import read_secrets
from voicectl.hardware.services import read_services
from voicectl.hardware.system import read_python, read_system

# A name server that does not answer holds the hub's question longer than its own time-out of one second.
_HUB_DEADLINE_S: Final = 1.2
_READ_SPEED_DEADLINE_S: Final = 10.0
"""A disk that reads one mebibyte a second is slow, and no reason to know nothing."""


def gather_facts(config: Config, models: Mapping[str, Model], *, read_speed: bool = False) -> Facts:
    """Ask this machine everything at once; what it does not answer is `Unknown`.

    Args:
        config: which ports and folders it is about.
        models: the catalogue, for what lies here already.
        read_speed: also measure how fast the store's disk reads, which takes a second.
    """
    deploy = config.deploy
    disks = partial(read_disks, deploy.prefix, deploy.store, measure=read_speed)
    probes = {
        **_to_plan(config, models),
        "asterisk": Probe(partial(read_asterisk, deploy.store)),
        "docker": Probe(read_docker),
        "python": Probe(read_python),
        "ports": Probe(partial(read_ports, config)),
        "disks": Probe(disks, _READ_SPEED_DEADLINE_S) if read_speed else Probe(disks),
        "secrets": Probe(partial(read_secrets, deploy.prefix / "secrets")),
        "services": Probe(partial(read_services, config)),
        "numa": Probe(read_numa),
        "system": Probe(read_system),
        "packages": Probe(read_packages),
        "clock": Probe(read_clock),
        "limits": Probe(read_limits),
        "network": Probe(read_network),
        "firewall": Probe(read_firewall),
    }
    return Facts(**ask_all(probes))


def facts_to_plan(config: Config, models: Mapping[str, Model]) -> Facts:
    """Only what planning reads: it need not wait for Asterisk and Docker to start."""
    unasked = {field.name: Unknown("planning does not ask") for field in fields(Facts)}
    return Facts(**(unasked | ask_all(_to_plan(config, models))))


def _to_plan(config: Config, models: Mapping[str, Model]) -> dict[str, Probe]:
    deploy = config.deploy
    folders = tuple(folder for folder in (deploy.store / "models", deploy.models_folder) if folder)
    return {
        "models": Probe(partial(read_model_sources, models, folders), _HUB_DEADLINE_S),
        "gpus": Probe(partial(read_gpus, deploy.prefix)),
        "cpu": Probe(read_cpu),
        "memory": Probe(read_memory),
    }
