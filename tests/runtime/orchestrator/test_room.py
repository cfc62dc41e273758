"""Places at the engines, and callers who wait for one."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.orchestrator.agi import AgiGoneError
from voicectl_runtime.orchestrator.hold import hold
from voicectl_runtime.orchestrator.room import Room


async def entered(room: Room) -> "asyncio.Task[None]":
    task = asyncio.create_task(room.enter())
    await asyncio.sleep(0)
    return task


async def test_first_come_first_served() -> None:
    """Whoever waits longest is let in first, and nobody new can take that place."""
    room = Room(1)
    await room.enter()
    first, second = await entered(room), await entered(room)
    assert room.waiting == 2

    room.leave()
    late = await entered(room)

    assert [task.done() for task in (first, second, late)] == [True, False, False]
    for task in (second, late):
        room.leave()
        await task


async def test_who_hangs_up_loses_the_turn() -> None:
    """Also at the very moment at which it comes."""
    room = Room(1)
    await room.enter()
    first, second, third = await entered(room), await entered(room), await entered(room)
    first.cancel()
    await asyncio.sleep(0)

    room.leave()
    second.cancel()

    await third
    assert room.waiting == 0
    assert room.is_full
    room.leave()
    assert not room.is_full


@given(st.lists(st.sampled_from(["enter", "leave", "cancel"]), max_size=40), st.integers(1, 3))
def test_never_more_than_there_is_room_for(steps: list[str], places: int) -> None:
    """Whatever callers do, in whatever order, no place is given twice and none is lost."""
    asyncio.run(_live(steps, places))


async def _live(steps: list[str], places: int) -> None:
    room = Room(places)
    callers: list[asyncio.Task[None]] = []
    for step in steps:
        inside = [each for each in callers if each.done()]
        if step == "enter":
            callers.append(await entered(room))
        elif step == "leave" and inside:
            callers.remove(inside[0])
            room.leave()
        elif step == "cancel" and (waiting := [each for each in callers if not each.done()]):
            callers.remove(waiting[0])
            waiting[0].cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        inside = [each for each in callers if each.done()]
        assert len(inside) == min(places, len(callers))
        assert room.waiting == len(callers) - len(inside)
    for each in callers:
        each.cancel()
    await asyncio.gather(*callers, return_exceptions=True)


async def test_on_hold_until_there_is_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller is asked to hold again and again."""
    monkeypatch.setattr("voicectl_runtime.orchestrator.hold.AGAIN_S", 0.01)
    room, asked = Room(1), []
    await room.enter()

    async def ask() -> None:
        asked.append(1)
        if len(asked) == 3:
            room.leave()

    assert await hold(room, asyncio.get_running_loop().create_future(), ask, 60)
    assert len(asked) == 3
    assert room.is_full


@pytest.mark.parametrize("hangs_up", [True, False])
async def test_on_hold_in_vain(*, hangs_up: bool) -> None:
    """Too long, or the caller gave up: the turn is the next one's."""
    room, over = Room(1), asyncio.get_running_loop().create_future()
    await room.enter()
    if hangs_up:
        asyncio.get_running_loop().call_later(0.01, over.set_result, None)

    assert not await hold(room, over, lambda: asyncio.sleep(0), 60 if hangs_up else 0.02)

    assert room.waiting == 0
    room.leave()
    assert not room.is_full


async def test_a_place_that_comes_as_the_line_dies() -> None:
    """It is not lost with the caller."""
    room = Room(1)
    await room.enter()

    async def ask() -> None:
        room.leave()
        await asyncio.sleep(0)
        raise AgiGoneError("hung up")

    with pytest.raises(AgiGoneError):
        await hold(room, asyncio.get_running_loop().create_future(), ask, 60)
    assert not room.is_full
