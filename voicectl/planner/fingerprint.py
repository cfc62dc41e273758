"""What a plan was made from, so that a plan for another machine or other wishes is recognised."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from voicectl.hardware.facts import Unknown
from voicectl.planner.choose_profile import Profile
from voicectl.planner.components import language_model

if TYPE_CHECKING:
    from voicectl.config.sections import Config
    from voicectl.hardware.facts import Facts


@dataclass(frozen=True)
class Input:
    """One thing that planning looked at."""

    name: str
    value: str


def inputs_of(config: "Config", facts: "Facts", profile: Profile) -> tuple[Input, ...]:
    """Exactly what planning reads, so that nothing else makes a plan stale."""
    cpu, memory = facts.cpu, facts.memory
    # A kernel update moves the total by a few MiB: whole GiB are what planning can tell apart.
    gib = "unknown" if isinstance(memory, Unknown) else str(round((memory.limit_mib or memory.total_mib) / 1024))
    inputs = {
        "agent.profile": config.agent.profile,
        "agent.language_model": str(config.agent.language_model).lower(),
        "calls.most": str(config.calls.most),
        "cores": "unknown" if isinstance(cpu, Unknown) else str(cpu.cores),
        "memory in GiB": gib,
        "GPUs": _cards(facts),
    }
    if profile == "cpu":
        inputs["language model to be had"] = language_model(facts)
    return tuple(Input(name, value) for name, value in inputs.items())


def fingerprint_of(inputs: tuple[Input, ...]) -> str:
    """One digest over the inputs."""
    return hashlib.sha256(json.dumps([asdict(one) for one in inputs]).encode()).hexdigest()


def _cards(facts: "Facts") -> str:
    if isinstance(facts.gpus, Unknown):
        return "unknown"
    return ", ".join(f"{card.name} {card.uuid} {card.vram_mib} MiB" for card in facts.gpus.cards) or facts.gpus.state
