"""Ctrl-C and SIGTERM while the machine is being changed."""

import signal

import pytest

from voicectl.errors import StoppedError
from voicectl.phases.interrupt import Interrupts


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_becomes_an_exit_code(number: signal.Signals, code: int) -> None:
    """Each signal has its own exit code, and the message says that the command may be run again."""
    with pytest.raises(StoppedError, match="goes on from where it was") as stopped, Interrupts("voicectl deploy"):
        signal.raise_signal(number)

    assert stopped.value.exit_code == code


def test_handlers_are_given_back() -> None:
    """After the command both signals do what they did before."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    with pytest.raises(StoppedError), Interrupts("voicectl deploy"):
        signal.raise_signal(signal.SIGINT)

    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_signal_passes_every_except_exception() -> None:
    """Work that survives any failure of its parts does not survive Ctrl-C."""

    def stubborn() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except Exception:  # noqa: BLE001 - the very thing under test
            pytest.fail("swallowed")

    with pytest.raises(StoppedError), Interrupts("voicectl deploy"):
        stubborn()


def test_deferred_work_ends_first() -> None:
    """What must not be cut runs to its end and sees the signal itself; then the command stops."""
    steps = []

    def work(interrupts: Interrupts) -> None:
        with interrupts.deferred():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            steps.append(len(interrupts.received))
        steps.append(-1)

    with pytest.raises(StoppedError), Interrupts("voicectl deploy") as interrupts:
        work(interrupts)

    assert steps == [2]


def test_other_errors_pass_unchanged() -> None:
    """An error that is none of ours is not dressed up as one."""
    with pytest.raises(ZeroDivisionError), Interrupts("voicectl deploy"):
        raise ZeroDivisionError
