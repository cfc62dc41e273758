"""The real world of a deployment: Ansible, Supervisor, the phone, on the machine that we stand on."""

import os
import time
from datetime import UTC, datetime

from voicectl.catalogue.models import load_models
from voicectl.config.sections import Config
from voicectl.hardware.gather import gather_facts
from voicectl.hardware.supervisor import Supervisor
from voicectl.phases.deployment import Machine
from voicectl.phases.fetch_models import fetch_models
from voicectl.phases.gate import call_the_agent
from voicectl.phases.interrupt import Interrupts
from voicectl.phases.reporter import Reporter
from voicectl.phases.wait_healthy import Waiting
from voicectl.render.places import places_of
from voicectl.runner import AnsiblePlayer


def this_machine(config: Config, interrupts: Interrupts, reporter: Reporter) -> Machine:
    """Everything that a deployment needs of the machine."""
    places = places_of(config)
    supervisor = Supervisor(places.supervisor_socket)
    waiting = Waiting(supervisor.processes, places.log, time.monotonic, time.sleep)
    return Machine(
        models=load_models(),
        is_root=os.geteuid() == 0,
        player=AnsiblePlayer(interrupts, reporter),
        gather=gather_facts,
        fetch=fetch_models,
        until_healthy=waiting.until_healthy,
        call=call_the_agent,
        now=lambda: datetime.now(UTC),
    )
