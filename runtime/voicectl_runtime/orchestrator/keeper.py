"""Keeps the orchestrator: starts it, sees that its event loop turns, and leaves it to its last calls at an update.

Supervisor knows this process alone. When it ends it, the orchestrator says goodbye to its callers and ends too. After
SIGUSR1, though, the stop is an update: the orchestrator keeps its calls, and the next one starts beside it.
Usage: python -m voicectl_runtime.orchestrator.keeper --settings FILE
"""

import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from voicectl_runtime.logs import start_logging
from voicectl_runtime.settings import SettingsError, read_settings

_log: Final = logging.getLogger(__name__)

BEAT: Final = "VOICECTL_BEAT"
"""Names the descriptor to which the orchestrator's event loop writes a byte four times a second."""
TICK_S: Final = 0.25
STILL_TICKS: Final = 10
"""So many looks in a row without a beat: 2.5 s. A machine that stands still stops these looks too."""
STACKS_S: Final = 0.5
"""For writing down where each thread stands."""
FAREWELL_S: Final = 12.0
"""The orchestrator's own deadline is shorter, and Supervisor's longer."""
LONGEST_LOG_BYTES: Final = 10 << 20
UPDATE_S: Final = 60.0
"""A stop that comes later than this after SIGUSR1 is a plain stop: the update that was announced never came."""


class Keeper:
    """One orchestrator's guardian; its descriptors are those of this process."""

    def __init__(self, argv: Sequence[str], last_log: Path) -> None:
        """Start the orchestrator; once Supervisor listens to another one, the log goes on in `last_log`."""
        self._last_log = last_log
        self._stop = False
        self._update_until_s = 0.0
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked_to_stop)
        signal.signal(signal.SIGUSR1, self._told_of_update)
        self._beats, beat = os.pipe()
        os.set_blocking(self._beats, False)
        # A session of its own: Supervisor's signals go to its whole group, and must not reach the calls.
        env = {**os.environ, BEAT: str(beat)}
        self._child = subprocess.Popen(argv, start_new_session=True, pass_fds=[beat], env=env)
        os.close(beat)
        self._end = os.pidfd_open(self._child.pid)

    def keep(self) -> int:
        """Return the exit status once there is nothing left to keep."""
        still = 0
        has_beaten = False
        while not self._has_ended(TICK_S):
            beats = self._count_beats()
            has_beaten = has_beaten or beats > 0
            still = 0 if beats or not has_beaten else still + 1
            if still >= STILL_TICKS:
                return self._kill()
            if self._stop and time.monotonic() < self._update_until_s:
                if self._leave_it():
                    return 0
            elif self._stop:
                return self._see_it_off()
        _log.error("orchestrator_ended", extra={"pid": self._child.pid})
        return 1

    def _asked_to_stop(self, *_: object) -> None:
        self._stop = True

    def _told_of_update(self, *_: object) -> None:
        self._update_until_s = time.monotonic() + UPDATE_S

    def _has_ended(self, within_s: float) -> bool:
        return bool(select.select([self._end], [], [], within_s)[0])

    def _count_beats(self) -> int:
        try:
            return len(os.read(self._beats, 4096))
        except BlockingIOError:
            return 0

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            # By descriptor: the number may belong to another process by now.
            signal.pidfd_send_signal(self._end, number)

    def _kill(self) -> int:
        """All calls stand still; their bridges notice the end at once, and the dialplan looks after the callers."""
        _log.error("event_loop_blocked", extra={"pid": self._child.pid, "for_s": STILL_TICKS * TICK_S})
        self._signal(signal.SIGABRT)
        if not self._has_ended(STACKS_S):
            self._signal(signal.SIGKILL)
        return 1

    def _see_it_off(self) -> int:
        self._signal(signal.SIGTERM)
        if not self._has_ended(FAREWELL_S):
            self._signal(signal.SIGKILL)
        return 0

    def _leave_it(self) -> bool:
        """Whether this process may end: a copy of it, which Supervisor does not know, goes on watching."""
        self._signal(signal.SIGUSR1)
        if os.fork():
            return True
        os.setsid()
        self._stop = False
        append_to(self._last_log)
        return False


def append_to(log: Path) -> None:
    """Let all output go to a file from here on: Supervisor, which took it so far, has closed its end."""
    try:
        file = os.open(log, os.O_WRONLY | os.O_APPEND)
        if os.fstat(file).st_size > LONGEST_LOG_BYTES:
            os.ftruncate(file, 0)
    except OSError:
        # Without the file nobody reads these lines; the calls matter more.
        file = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    os.close(file)


def last_log(folder: Path) -> Path:
    """Where an orchestrator writes that has only its last calls left; deploy makes the file."""
    return folder / "orchestrator-last-calls.log"


def main() -> int:
    """Keep an orchestrator that gets the same arguments; the exit status tells Supervisor whether all was well."""
    start_logging("orchestrator")
    try:
        _, settings_file = sys.argv[1:]
        paths = read_settings(Path(settings_file)).paths
    except (SettingsError, ValueError) as error:
        _log.error("bad_settings", extra={"problem": str(error)})
        return 3
    argv = [sys.executable, "-m", "voicectl_runtime.orchestrator", *sys.argv[1:]]
    return Keeper(argv, last_log(paths.log)).keep()


if __name__ == "__main__":
    sys.exit(main())
