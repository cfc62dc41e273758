"""Gathers everything that is known about this machine, in under two seconds."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from voicectl.catalogue.models import Model
from voicectl.config.sections import Config
from voicectl.hardware.cpu import read_cpu
from voicectl.hardware.disks import read_disks
from voicectl.hardware.docker import read_docker
from voicectl.hardware.facts import Facts
from voicectl.hardware.gpus import read_gpus
from voicectl.hardware.kernel import read_clock, read_limits, read_network
from voicectl.hardware.memory import read_memory
from voicectl.hardware.model_sources import read_model_sources
from voicectl.hardware.packages import read_asterisk, read_packages
from voicectl.hardware.ports import read_ports
from voicectl.hardware.probe import Probe, ask_all
from voicectl.hardware.secrets import read_secrets
from voicectl.hardware.system import read_python, read_system

# A name server that does not answer holds the hub's question longer than its own time-out of one second.
_HUB_DEADLINE_S: Final = 1.2


def gather_facts(config: Config, models: Mapping[str, Model]) -> Facts:
    """Ask this machine everything at once; what it does not answer is `Unknown`."""
    deploy = config.deploy
    folders = tuple(folder for folder in (deploy.store / "models", deploy.models_folder) if folder)
    probes = {
        "models": Probe(partial(read_model_sources, models, folders), _HUB_DEADLINE_S),
        "asterisk": Probe(partial(read_asterisk, deploy.store)),
        "docker": Probe(read_docker),
        "gpus": Probe(read_gpus),
        "python": Probe(read_python),
        "ports": Probe(partial(read_ports, config)),
        "disks": Probe(partial(read_disks, deploy.prefix, deploy.store)),
        "secrets": Probe(partial(read_secrets, deploy.prefix / "secrets")),
        "cpu": Probe(read_cpu),
        "memory": Probe(read_memory),
        "system": Probe(read_system),
        "packages": Probe(read_packages),
        "clock": Probe(read_clock),
        "limits": Probe(read_limits),
        "network": Probe(read_network),
    }
    return Facts(**ask_all(probes))
