"""The systems under test as processes on one core, and what they take of it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
SETTINGS: Final = ROOT / "tests/render/golden/cpu/expected/etc/settings.json"
SYSTEM_CORE, OUR_CORE = "0", "1"
STARTS_WITHIN_S: Final = 240.0
"""Pipecat's imports take seconds, and where each call has its process they all share the one core."""
STOP_S: Final = 0.2
"""Silence that ends a turn, in both systems: six windows of 32 ms."""


@dataclass
class System:
    """One or more processes of the same system."""

    name: str
    doors: list[Path]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def wait(self) -> None:
        """Until all doors are open.

        Raises:
            TimeoutError: one of them stays shut.
        """
        until_s = time.monotonic() + STARTS_WITHIN_S
        while not all(door.exists() for door in self.doors):
            if time.monotonic() > until_s or any(process.poll() is not None for process in self.processes):
                raise TimeoutError(f"{self.name} did not start")
            time.sleep(0.1)

    def cpu_s(self) -> float:
        """Processor time so far, user and system."""
        ticks = os.sysconf("SC_CLK_TCK")
        stats = (Path(f"/proc/{process.pid}/stat").read_text() for process in self.processes)
        return sum(sum(map(int, stat.rsplit(")", 1)[1].split()[11:13])) for stat in stats) / ticks

    def rss_mib(self) -> float:
        """Resident memory."""
        pages = (Path(f"/proc/{process.pid}/statm").read_text().split()[1] for process in self.processes)
        return sum(map(int, pages)) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def kill(self) -> None:
        """At once; nothing of it is kept."""
        for process in self.processes:
            process.kill()
            process.wait()


def start_voicectl(folder: Path, engines: dict[str, str], vad: Path) -> System:
    """The orchestrator as it is deployed, with everything that it does for a call."""
    door = folder / "orchestrator.sock"
    settings = folder / "settings.json"
    settings.write_text(json.dumps(_settings(folder, door, engines, vad)))
    argv = [sys.executable, "-m", "voicectl_runtime.orchestrator", "--settings", str(settings)]
    return _started("voicectl", [door], [argv], folder)


def start_pipecat(folder: Path, engines: dict[str, str], python: Path, processes: int) -> System:
    """Pipecat, all calls in one process or spread over several."""
    doors = [folder / f"pipecat-{number}.sock" for number in range(processes)]
    agent = str(ROOT / "benchmarks/orchestrator/pipecat_agent.py")
    argvs = [[str(python), agent, str(door), json.dumps(engines), "0.192"] for door in doors]
    return _started("pipecat", doors, argvs, folder)


def _started(name: str, doors: list[Path], argvs: Sequence[Sequence[str]], folder: Path) -> System:
    system = System(name, doors)
    # One thread for every library: more would fight over the one core.
    environment = os.environ | {"PYTHONPATH": str(ROOT / "runtime"), "OMP_NUM_THREADS": "1"}
    for argv in argvs:
        log = (folder / f"{name}.log").open("ab")
        pinned = ["taskset", "-c", SYSTEM_CORE, *argv]
        system.processes.append(subprocess.Popen(pinned, stdout=log, stderr=log, env=environment))
    return system


def _settings(folder: Path, door: Path, engines: dict[str, str], vad: Path) -> dict[str, Any]:
    """What `voicectl` renders for the cpu profile, with these engines and this folder in it."""
    document: dict[str, Any] = json.loads(SETTINGS.read_text())
    for name in ("log", "state", "recordings", "prompts", "chunks"):
        document["paths"][name] = str(folder / name)
        (folder / name).mkdir(exist_ok=True)
    script = ROOT / "runtime/voicectl_runtime/orchestrator/script/dental_clinic.toml"
    document["agent"] |= {"script": str(script), "greeting": "Hello.", "disclosure": ""}
    for each in ("stt", "tts"):
        document[each] = [document[each][0] | {"url": engines[each]}]
    llm = document["llm"]
    document["llm"] = [llm[0] | {"url": engines["llm"]}] if isinstance(llm, list) else llm | {"url": engines["llm"]}
    document["turns"] |= {"vad_model_file": str(vad), "endpointing": "fixed", "stop_ms": 200, "patience_ms": 200}
    document["calls"] |= {"most": 1000, "record": True}
    document["orchestrator"] |= {"socket": str(door), "health_port": 0}
    return document
