"""What a plan was made from, so that a plan for another machine or other wishes is recognised."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.hardware.facts import Unknown
from voicectl.planner.engines import language_model
from voicectl.planner.site_limits import ram_of

if TYPE_CHECKING:
    from voicectl.config.sections import Config
    from voicectl.hardware.facts import Facts, Gpu
    from voicectl.planner.wishes import Profile, Wishes


@dataclass(frozen=True)
class Input:
    """One thing that planning looked at."""

    name: str
    value: str


def inputs_of(config: "Config", facts: "Facts", profile: "Profile", wishes: "Wishes") -> tuple[Input, ...]:
    """Exactly what planning reads, so that nothing else makes a plan stale."""
    cpu, ram_mib = facts.cpu, ram_of(facts)
    inputs = {
        "agent.profile": config.agent.profile,
        "agent.language_model": str(config.agent.language_model).lower(),
        "agent.commercial": str(config.agent.commercial).lower(),
        "agent.accepted_licences": ", ".join(config.agent.accepted_licences) or "none",
        "calls.most": str(config.calls.most),
        "turns.endpointing": config.turns.endpointing,
        "turns.stop_ms": str(config.turns.stop_ms),
        "turns.patience_ms": str(config.turns.patience_ms),
        "RTP ports": f"{config.sip.rtp_first}-{config.sip.rtp_last}",
        "cores": "unknown" if isinstance(cpu, Unknown) else str(cpu.cores),
        # A kernel update moves the total by a few MiB: whole GiB are what planning can tell apart.
        "memory in GiB": "unknown" if ram_mib is None else str(round(ram_mib / 1024)),
        "GPUs": _cards(facts),
        "pins": _pins(wishes),
        "catalogue": load_catalogue().digest,
    }
    if profile == "cpu":
        inputs["language model to be had"] = language_model(facts)
    return tuple(Input(name, value) for name, value in inputs.items())


def fingerprint_of(inputs: tuple[Input, ...]) -> str:
    """One digest over the inputs."""
    return hashlib.sha256(json.dumps([asdict(one) for one in inputs]).encode()).hexdigest()


def _pins(wishes: "Wishes") -> str:
    pinned = {name: value for name, value in asdict(wishes).items() if value}
    return ", ".join(f"{name} {value}" for name, value in pinned.items()) or "none"


def _cards(facts: "Facts") -> str:
    if isinstance(facts.gpus, Unknown):
        return "unknown"
    return ", ".join(map(_card, facts.gpus.cards)) or facts.gpus.state


def _card(card: "Gpu") -> str:
    """Use by others counts in whole GiB: a browser that opens a tab is no other machine."""
    ours_mib = sum(one.used_mib or 0 for one in card.processes if one.ours)
    used_gib = max(0, round((card.vram_used_mib - ours_mib) / 1024))
    parts = "".join(f" with {part.name} {part.uuid}" for part in card.instances)
    taken = f", {used_gib} GiB in use by others" if used_gib else ""
    return f"{card.name} {card.uuid} {card.vram_mib} MiB{parts}{taken}"
