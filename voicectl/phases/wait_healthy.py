"""Waits until every service can take calls, and does not wait for one that has given up."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from voicectl.errors import ServiceError
from voicectl.hardware.services import answers
from voicectl.hardware.supervisor import Process
from voicectl.phases.reporter import Awaited, Reporter, heartbeat

_DEADLINE_S: Final = 180.0
_PAUSE_S: Final = 0.2
_SECOND_CHANCE_S: Final = 5.0
"""A service may fail once because a stopped one still holds its port or its memory; not longer than this."""
_HEALTH_S: Final = 2.0
_LAST_LINES: Final = 15
_MAY_RECOVER: Final = frozenset({"BACKOFF", "EXITED"})
_GAVE_UP: Final = frozenset({"FATAL", "STOPPED", "UNKNOWN"})


def is_ready(url: str) -> bool:
    """Whether a service says that it is ready."""
    return answers(url, _HEALTH_S)


class _HopelessError(Exception):
    """Waiting for this service any longer is of no use."""

    def __init__(self, code: str, name: str, problem: str) -> None:
        super().__init__(problem)
        self.code, self.name = code, name


@dataclass
class Waiting:
    """One look after the other, until all are ready."""

    processes: Callable[[], Iterable[Process]]
    log: Path
    now: Callable[[], float]
    pause: Callable[[float], None]
    answers: Callable[[str], bool] = is_ready
    _first_failed_s: dict[str, float] = field(default_factory=dict)

    def until_healthy(self, health: Mapping[str, str | None], reporter: Reporter) -> None:
        """Return when every service runs and answers.

        Args:
            health: by service, the address that answers when it is ready for calls; None where running is enough.
            reporter: is told what is awaited.

        Raises:
            ServiceError: E511, one gave up; E512, one is not ready in time. Either repeats the service's last words.
        """
        try:
            with heartbeat(reporter, "the services") as awaited:
                self._wait(health, awaited)
        except _HopelessError as hopeless:
            words = self._repeat_last_words(hopeless.name, reporter)
            problem = f"{hopeless}: {words}" if words else str(hopeless)
            fix = f"`voicectl logs {hopeless.name}` shows more"
            raise ServiceError(hopeless.code, hopeless.name, problem, fix=fix) from None

    def _wait(self, health: Mapping[str, str | None], awaited: Awaited) -> None:
        started_s = self.now()
        while pending := self._not_ready(health):
            awaited.what = ", ".join(pending)
            if self.now() - started_s > _DEADLINE_S:
                raise _HopelessError("E512", pending[0], f"not ready after {_DEADLINE_S:.0f} s")
            self.pause(_PAUSE_S)

    def _not_ready(self, health: Mapping[str, str | None]) -> list[str]:
        found = {process.name: process for process in self.processes()}
        for name in health:
            if name in found:
                self._ensure_hope(found[name])
        return [name for name, url in health.items() if not (name in found and self._is_ready(found[name], url))]

    def _is_ready(self, process: Process, url: str | None) -> bool:
        return process.state == "RUNNING" and (url is None or self.answers(url))

    def _ensure_hope(self, process: Process) -> None:
        if process.state in _MAY_RECOVER:
            first_s = self._first_failed_s.setdefault(process.name, self.now())
            if self.now() - first_s > _SECOND_CHANCE_S:
                raise _HopelessError("E511", process.name, f"it does not stay up ({process.state} {process.why})")
        elif process.state in _GAVE_UP:
            raise _HopelessError("E511", process.name, f"Supervisor says {process.state} {process.why}".rstrip())

    def _repeat_last_words(self, name: str, reporter: Reporter) -> str:
        """Show the end of a service's log, and return what it named as its problem."""
        try:
            lines = (self.log / f"{name}.log").read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        for line in lines[-_LAST_LINES:]:
            reporter.say(f"  {name}: {line}")
        problems = [problem for line in lines[-_LAST_LINES:] if (problem := _problem_in(line))]
        return problems[-1] if problems else ""


def _problem_in(line: str) -> str:
    """The `problem` of a structured line; what a program says of its own accord is shown, but not judged."""
    try:
        return str(json.loads(line)["problem"])
    except (ValueError, KeyError, TypeError):
        return ""
