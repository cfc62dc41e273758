"""An event loop whose clock jumps to the next thing that is due: minutes of a call pass in a moment."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, Final

import pytest

START_S: Final = 1000.0
"""Any time but zero: a clock that is mistaken for a duration shows itself."""


class JumpingSelector(selectors.DefaultSelector):
    """Never waits: where the loop would, the clock moves on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = START_S

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is readable now; else the time of the next timer is now."""
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("everything waits for something that will never happen")
        if not ready and timeout:
            self.now_s += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` is the selector's clock; threads are of no use here, since their time is real."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds of the virtual clock."""
        return self._jumping.now_s


def run_in_virtual_time(work: Callable[[], Coroutine[Any, Any, None]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run `work` to its end; the orchestrator's own clock is the loop's, so every measured time is exact."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        clock = SimpleNamespace(monotonic=runner.get_loop().time)
        monkeypatch.setattr("voicectl_runtime.orchestrator.ears.time", clock)
        runner.run(work())
