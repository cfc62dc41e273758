"""When an orchestrator goes: told to stop, told of an update, or abandoned by its keeper."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from voicectl_runtime.orchestrator import shift as shift_module
from voicectl_runtime.orchestrator.keeper import BEAT
from voicectl_runtime.orchestrator.presence import Presence
from voicectl_runtime.orchestrator.shift import Shift, last_calls, unless


@pytest.fixture
async def keeper(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """The end on which the keeper listens."""
    monkeypatch.setattr(shift_module, "TICK_S", 0.01)
    listens, beats = os.pipe()
    monkeypatch.setenv(BEAT, str(beats))
    yield listens
    os.close(beats)


async def until(order: asyncio.Event) -> None:
    async with asyncio.timeout(5):
        await order.wait()


@pytest.mark.parametrize(("number", "retires"), [(signal.SIGTERM, False), (signal.SIGUSR1, True)])
async def test_orders(monkeypatch: pytest.MonkeyPatch, number: int, *, retires: bool) -> None:
    """A stop is a stop; an update is not."""
    monkeypatch.delenv(BEAT, raising=False)
    shift = Shift()

    os.kill(os.getpid(), number)

    await until(shift.over)
    assert (shift.retire.is_set(), shift.stop.is_set()) == (retires, not retires)


async def test_the_event_loop_beats(keeper: int) -> None:
    """As long as it turns; once nobody listens any more, another orchestrator is on its way."""
    shift = Shift()
    async with asyncio.timeout(5):
        assert await asyncio.to_thread(os.read, keeper, 1) == b"."
    assert not shift.over.is_set()

    os.close(keeper)

    await until(shift.retire)


@pytest.fixture
def presence(tmp_path: Path) -> Iterator[Presence]:
    presence = Presence(tmp_path / "orchestrator.sock")
    presence.take_the_door()
    yield presence
    presence.leave()


async def test_the_last_call_is_waited_for(monkeypatch: pytest.MonkeyPatch, presence: Presence, tmp_path: Path) -> None:
    """As long as nobody else has the door, calls are taken; then those that came may end."""
    monkeypatch.setattr(shift_module, "LOOK_S", 0.01)
    live = [0]
    over = asyncio.create_task(last_calls(presence, lambda: live[0], 60))
    await asyncio.sleep(0.05)
    assert not over.done()

    live[0] = 1
    (tmp_path / "orchestrator.sock").unlink()
    await asyncio.sleep(0.05)
    assert not over.done()

    live[0] = 0
    async with asyncio.timeout(5):
        await over


async def test_the_last_call_has_a_deadline(
    monkeypatch: pytest.MonkeyPatch, presence: Presence, tmp_path: Path
) -> None:
    """Whoever is still there then hears a goodbye."""
    monkeypatch.setattr(shift_module, "LOOK_S", 0.01)
    (tmp_path / "orchestrator.sock").unlink()

    async with asyncio.timeout(5):
        await last_calls(presence, lambda: 1, 0.05)


async def test_work_that_an_order_cuts_off() -> None:
    """It is cancelled, and has ended when that is known; a failure of the work is not lost."""
    order, seen = asyncio.Event(), []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("ended")

    asyncio.get_running_loop().call_later(0.01, order.set)
    assert not await unless(order, work())
    assert seen == ["ended"]

    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await unless(asyncio.Event(), fails())
