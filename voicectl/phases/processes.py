"""Which processes we started, and their end."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def kill_descendants(pid: int, name: str, proc: Path = Path("/proc")) -> None:
    """Kill every process below `pid` whose own or whose ancestor's command line holds `name`.

    A daemon that was started on purpose has left the family by then and lives on.
    """
    for child in list(children(pid, proc)):
        if name in _command_line(child, proc):
            _kill_family(child, proc)
        else:
            kill_descendants(child, name, proc)


def _kill_family(pid: int, proc: Path) -> None:
    # The parent first stands still, so that it starts no further child while its children are counted.
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)
    for child in list(children(pid, proc)):
        _kill_family(child, proc)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def children(pid: int, proc: Path = Path("/proc")) -> Iterator[int]:
    """The processes that a process started."""
    for status in proc.glob("[0-9]*/stat"):
        with suppress(OSError, IndexError, ValueError):
            # The name in parentheses may hold anything; what follows the last one is plain.
            if int(status.read_text(errors="replace").rpartition(")")[2].split()[1]) == pid:
                yield int(status.parent.name)


def _command_line(pid: int, proc: Path) -> str:
    with suppress(OSError):
        return (proc / str(pid) / "cmdline").read_bytes().decode(errors="replace")
    return ""
