"""Ctrl-C and SIGTERM: acknowledged at once, never in the middle of what must not be cut, and nothing stays behind."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Final, Self

from voicectl.errors import StoppedError

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class _InterruptedError(KeyboardInterrupt):
    """Passes through every `except Exception` on its way out, as Ctrl-C itself would."""


class Interrupts:
    """Owns both signals while a command changes the machine, and gives them back afterwards."""

    def __init__(self, command: str) -> None:
        """Take the command's name, for the message."""
        self._command = command
        self._before: dict[signal.Signals, Any] = {}
        self._is_deferred = False
        self.received: list[int] = []

    def __enter__(self) -> Self:
        """Take the signals."""
        self._before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        """Give them back, and turn the interruption into an error with its exit code."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if isinstance(error, _InterruptedError):
            raise self._stopped() from None

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.received.append(number)
        if not self._is_deferred:
            raise _InterruptedError

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Only take note of signals inside, and stop at the end: the work inside looks at `received` itself."""
        self._is_deferred = True
        try:
            yield
        finally:
            self._is_deferred = False
        if self.received:
            raise _InterruptedError

    def _stopped(self) -> StoppedError:
        exit_code = 128 + self.received[0]
        error = StoppedError(
            f"E{exit_code}",
            self._command,
            f"stopped by {signal.Signals(self.received[0]).name}; no lock and no process of it is left",
            fix=f"run `{self._command}` again: it goes on from where it was",
        )
        error.exit_code = exit_code
        return error
