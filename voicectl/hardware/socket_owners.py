"""Who holds a port, from /proc: the program's name, and whether it belongs to this very agent."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Transport = Literal["udp", "tcp"]
_LISTENING = "0A"
_FIRST_PID_OF_USERS = 1


@dataclass(frozen=True)
class Owner:
    """The process behind a port."""

    pid: int
    program: str
    ours: bool


def owner_of(port: int, transport: Transport, prefix: Path, proc: Path = Path("/proc")) -> Owner | None:
    """The process that holds the port; None where we may not look."""
    inodes = {
        inode for table in (transport, f"{transport}6") for inode in _inodes(proc / "net" / table, port, transport)
    }
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for folder in proc.glob("[0-9]*"):
        if _holds(folder / "fd", wanted):
            pid = int(folder.name)
            return Owner(pid=pid, program=_read(folder / "comm").strip(), ours=_is_ours(pid, prefix, proc))
    return None


def _inodes(table: Path, port: int, transport: Transport) -> list[str]:
    rows = [line.split() for line in _read(table).splitlines()[1:]]
    return [
        row[9]
        for row in rows
        if int(row[1].rpartition(":")[2], 16) == port and (transport == "udp" or row[3] == _LISTENING)
    ]


def _holds(descriptors: Path, wanted: set[str]) -> bool:
    try:
        return any(str(entry.readlink()) in wanted for entry in descriptors.iterdir())
    except OSError:  # gone meanwhile, or not ours to see
        return False


def _is_ours(pid: int, prefix: Path, proc: Path) -> bool:
    """Its own command line, or that of the supervisor above it, names a file under the agent's prefix.

    The store is no proof: several agents may share one.
    """
    while pid > _FIRST_PID_OF_USERS:
        # Supervisor is told its file as `--configuration=FILE`.
        arguments = [word.rpartition("=")[2] for word in _read(proc / str(pid) / "cmdline").split("\0")]
        if any(word == str(prefix) or word.startswith(f"{prefix}/etc/") for word in arguments):
            return True
        pid = _parent(pid, proc)
    return False


def _parent(pid: int, proc: Path) -> int:
    # The program's name stands in brackets and may hold anything; what follows the last one is numbers.
    words = _read(proc / str(pid) / "stat").rpartition(")")[2].split()
    return int(words[1]) if len(words) > 1 else 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
