"""Which orchestrators an update has left to their last calls."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from voicectl.phases.memory import memory_mib
from voicectl.render.places import Places


@dataclass(frozen=True)
class Draining:
    """An orchestrator that takes no new call, and ends with its last one."""

    pid: int
    calls: int
    memory_mib: int


def draining(places: Places, proc: Path = Path("/proc")) -> tuple[Draining, ...]:
    """All orchestrators that live, but for the newest; each has a lock file and a socket that are named for it."""
    door = places.orchestrator_socket
    newest = door.resolve().stem
    locks = sorted(path for path in places.run.glob(f"{door.stem}-*.lock") if path.stem != newest)
    pids = {path.stem: int(path.stem.rpartition("-")[2]) for path in locks}
    return tuple(
        Draining(pid, _calls(places, name), memory_mib(pid, proc))
        for name, pid in pids.items()
        if _is_orchestrator(proc / str(pid))
    )


def _is_orchestrator(process: Path) -> bool:
    try:
        return b"voicectl_runtime.orchestrator\0" in (process / "cmdline").read_bytes()
    except OSError:
        return False


def _calls(places: Places, owner: str) -> int:
    try:
        with closing(sqlite3.connect(f"file:{places.state / 'calls.db'}?mode=ro", uri=True)) as record:
            found = record.execute("SELECT count(*) FROM calls WHERE ended IS NULL AND owner = ?", [owner]).fetchone()
            return int(found[0])
    except sqlite3.Error:
        return 0
