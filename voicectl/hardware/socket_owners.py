"""Who listens on which port, from /proc: the program's name, and whether it belongs to this very agent."""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voicectl.hardware.network_facts import Listener, Transport

_LISTENING: Final = "0A"
_UNCONNECTED: Final = "07"
_FIRST_PID_OF_USERS: Final = 1
_HEX_DIGITS_OF_V4: Final = 8
_TABLES: Final[tuple[Transport, ...]] = ("udp", "tcp")


@dataclass(frozen=True)
class Owner:
    """The process behind a port."""

    pid: int
    program: str
    ours: bool


@dataclass(frozen=True)
class _Socket:
    transport: Transport
    address: str
    port: int
    is_listening: bool
    inode: str


class Sockets:
    """Every socket of this machine at one moment, with the process that holds it where we may look."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        """Read the tables now."""
        self._proc = proc
        self._sockets = tuple(found for transport in _TABLES for found in _table(proc, transport))
        self._pids = _holders(proc, {one.inode for one in self._sockets})

    def owner(self, port: int, transport: Transport, prefix: Path) -> Owner | None:
        """The process that holds a port; None where we may not look."""
        for one in self._sockets:
            is_held = one.port == port and one.transport == transport and (transport == "udp" or one.is_listening)
            if is_held and (pid := self._pids.get(one.inode)):
                return program_of(pid, prefix, self._proc)
        return None

    def listening(self) -> tuple[Listener, ...]:
        """Who could be reached, each port once, in the order of their numbers."""
        found = {
            Listener(one.address, one.port, one.transport, self._program(one.inode), self._pids.get(one.inode))
            for one in self._sockets
            if one.is_listening
        }
        return tuple(sorted(found, key=lambda one: (one.port, one.transport, one.address, one.pid or 0)))

    def _program(self, inode: str) -> str | None:
        pid = self._pids.get(inode)
        return None if pid is None else _read(self._proc / str(pid) / "comm").strip() or None


def program_of(pid: int, prefix: Path, proc: Path = Path("/proc")) -> Owner | None:
    """What a process is called, and whether it belongs to the agent under `prefix`; None: it cannot be seen."""
    name = _read(proc / str(pid) / "comm").strip()
    return Owner(pid=pid, program=name, ours=_is_ours(pid, prefix, proc)) if name else None


def _table(proc: Path, transport: Transport) -> Iterator[_Socket]:
    for name in (transport, f"{transport}6"):
        for line in _read(proc / "net" / name).splitlines()[1:]:
            words = line.split()
            address, _, port = words[1].rpartition(":")
            is_listening = words[3] == (_UNCONNECTED if transport == "udp" else _LISTENING)
            yield _Socket(transport, _address(address), int(port, 16), is_listening, words[9])


def _address(digits: str) -> str:
    """The kernel writes an address as 32-bit numbers in the processor's order of bytes."""
    numbers = [int(digits[start : start + 8], 16) for start in range(0, len(digits), 8)]
    family = socket.AF_INET if len(digits) == _HEX_DIGITS_OF_V4 else socket.AF_INET6
    return socket.inet_ntop(family, struct.pack(f"={len(numbers)}I", *numbers))


def _holders(proc: Path, inodes: set[str]) -> dict[str, int]:
    """Each socket's process; where a parent and its children share one, the oldest."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[str, int] = {}
    for folder in sorted(proc.glob("[0-9]*"), key=lambda one: int(one.name)):
        for link in _links(folder / "fd"):
            if link in wanted:
                found.setdefault(wanted[link], int(folder.name))
    return found


def _links(descriptors: Path) -> Iterator[str]:
    try:
        for entry in descriptors.iterdir():
            yield str(entry.readlink())
    except OSError:  # gone meanwhile, or not ours to see
        return


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
