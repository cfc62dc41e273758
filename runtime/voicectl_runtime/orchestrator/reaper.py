"""Kills bridges that outlive their call: Asterisk keeps a channel for as long as its EAGI process lives."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from voicectl_runtime.orchestrator.presence import Presence

_log: Final = logging.getLogger(__name__)

EVERY_S: Final = 0.25
GRACE_S: Final = 0.5
"""For a bridge whose call has ended; it needs a millisecond."""
START_S: Final = 1.5
"""For a bridge that never had one: it is through the door within 50 ms, and a stuck one must be gone in two seconds."""


class Reaper:
    """Looks at Asterisk's children; a bridge is known by our socket among its arguments."""

    def __init__(
        self, asterisk_pid_file: Path, socket: Path, live: Callable[[], set[int]], proc: Path = Path("/proc")
    ) -> None:
        self._pid_file, self._socket, self._live, self._proc = asterisk_pid_file, str(socket).encode(), live, proc
        self._had_a_call: set[int] = set()
        self._idle_since: dict[int, float] = {}

    async def run(self, presence: Presence) -> None:
        """Look again and again."""
        while True:
            self.look(time.monotonic(), is_alone=not presence.others())
            await asyncio.sleep(EVERY_S)

    def look(self, now_s: float, *, is_alone: bool = True) -> list[int]:
        """Kill what is due; returns whom.

        `is_alone`: there is no other orchestrator to which a bridge that we do not know may belong.
        """
        live = self._live()
        bridges = set(self._bridges())
        self._had_a_call = (self._had_a_call | live) & bridges
        self._idle_since = {pid: self._idle_since.get(pid, now_s) for pid in bridges - live}
        due = [pid for pid, since in self._idle_since.items() if now_s - since >= self._patience(pid)]
        due = [pid for pid in due if is_alone or pid in self._had_a_call]
        for pid in due:
            _log.warning("bridge_reaped", extra={"pid": pid})
            self._kill(pid)
        return due

    def _patience(self, pid: int) -> float:
        return GRACE_S if pid in self._had_a_call else START_S

    def _bridges(self) -> Iterator[int]:
        for pid in self._children():
            try:
                arguments = (self._proc / str(pid) / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if self._socket in arguments:
                yield pid

    def _children(self) -> list[int]:
        """EAGI processes are children of the thread that serves the channel, so all threads are asked."""
        try:
            asterisk = int(self._pid_file.read_text(encoding="ascii"))
            lists = [
                (thread / "children").read_text(encoding="ascii")
                for thread in (self._proc / str(asterisk) / "task").iterdir()
            ]
        except (OSError, ValueError):
            # Asterisk is not there, or a thread ended between being listed and being read: the next look will tell.
            return []
        return [int(pid) for each in lists for pid in each.split()]

    def _kill(self, pid: int) -> None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            self._idle_since.pop(pid, None)
        except PermissionError:
            _log.error("bridge_not_ours", extra={"pid": pid})
