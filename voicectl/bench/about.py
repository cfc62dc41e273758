"""What was measured, and on what: a figure without its machine is none."""

import json
import os
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from voicectl.hardware.cpu import read_cpu
from voicectl.hardware.memory import read_memory
from voicectl.hardware.system import read_system


def describe_machine() -> dict[str, Any]:
    """The machine that agent and phone share."""
    cpu, memory, system = read_cpu(), read_memory(), read_system()
    return {
        "cpu": cpu.model,
        "cores": cpu.cores,
        "virtualised": cpu.virtualised,
        "steal_percent": cpu.steal_percent,
        "memory_mib": memory.total_mib,
        "system": system.os_name,
        "kernel": system.kernel,
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def describe_agent(settings_file: Path) -> dict[str, Any]:
    """The engines that answered; empty where the settings cannot be read, since the phone will say that better."""
    try:
        settings = json.loads(settings_file.read_text(encoding="utf-8"))
        llm = settings["llm"]
        return {
            "stt": settings["stt"][0]["model"],
            "tts": settings["tts"][0]["model"],
            "llm": llm["model"] if llm else None,
            "stop_ms": settings["turns"]["stop_ms"],
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def describe_run(settings_file: Path) -> dict[str, Any]:
    """Everything that stands beside the figures."""
    return {
        "voicectl": version("voicectl"),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(),
        "agent": describe_agent(settings_file),
    }
