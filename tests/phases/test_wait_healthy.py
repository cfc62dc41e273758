"""Waiting for services, on a clock that only moves when somebody waits."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.phases.fakes import Notes
from voicectl.errors import ServiceError
from voicectl.hardware.supervisor import Process
from voicectl.phases.wait_healthy import Waiting

URL = "http://127.0.0.1:1/health"


@dataclass
class Clock:
    """Time passes when it is waited for."""

    now_s: float = 0.0

    def now(self) -> float:
        """Seconds since the beginning."""
        return self.now_s

    def pause(self, seconds: float) -> None:
        """Wait."""
        self.now_s += seconds


@dataclass
class Box:
    """Services whose state is a function of time."""

    log: Path
    state: Callable[[float], str]
    warm_after_s: float = 0.0
    clock: Clock = field(default_factory=Clock)
    notes: Notes = field(default_factory=Notes)

    def processes(self) -> Iterable[Process]:
        """What Supervisor says now."""
        return [Process("stt-service", self.state(self.clock.now_s), 1, 1, "Exited too quickly")]

    def wait(self) -> float:
        """Wait for them, and say how long that took."""
        waiting = Waiting(
            self.processes,
            self.log,
            self.clock.now,
            self.clock.pause,
            answers=lambda url: url == URL and self.clock.now_s >= self.warm_after_s,
        )
        waiting.until_healthy({"stt-service": URL}, self.notes)
        return self.clock.now_s


def test_warm_at_once(tmp_path: Path) -> None:
    """Services that are ready cost no time."""
    assert Box(tmp_path, lambda _now: "RUNNING").wait() == 0


def test_running_is_not_yet_ready(tmp_path: Path) -> None:
    """A service that runs but still loads its model is waited for."""
    assert Box(tmp_path, lambda _now: "RUNNING", warm_after_s=7).wait() == pytest.approx(7, abs=0.3)


def test_fatal_is_not_waited_for(tmp_path: Path) -> None:
    """A service that gave up fails at once, with its last words and the command that shows more."""
    (tmp_path / "stt-service.log").write_text("first\nno such model\n", encoding="utf-8")
    box = Box(tmp_path, lambda now: "FATAL" if now >= 1 else "STARTING")

    with pytest.raises(ServiceError, match=r"E511 stt-service.*`voicectl logs stt-service`"):
        box.wait()

    assert box.clock.now_s == pytest.approx(1, abs=0.3)
    assert box.notes.lines[-1] == "  stt-service: no such model"


def test_one_stumble_is_forgiven(tmp_path: Path) -> None:
    """A service may fail once because its predecessor still holds the port."""
    assert Box(tmp_path, lambda now: "BACKOFF" if now < 2 else "RUNNING").wait() == pytest.approx(2, abs=0.3)


@pytest.mark.parametrize("state", ["BACKOFF", "EXITED"])
def test_crash_loop_ends_the_wait(tmp_path: Path, state: str) -> None:
    """A service that comes and goes is given five seconds, not three minutes."""
    box = Box(tmp_path, lambda now: state if int(now * 5) % 2 else "STARTING")

    with pytest.raises(ServiceError, match="does not stay up"):
        box.wait()

    assert box.clock.now_s < 8


def test_never_ready(tmp_path: Path) -> None:
    """A service that runs and never gets ready ends at the deadline, by name."""
    box = Box(tmp_path, lambda _now: "RUNNING", warm_after_s=1e9)

    with pytest.raises(ServiceError, match="E512 stt-service: not ready after 180 s"):
        box.wait()
