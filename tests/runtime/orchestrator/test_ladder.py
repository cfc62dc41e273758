"""Which engine does the work, when, and what is noted of it; on a virtual clock."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Final

import pytest

from tests.runtime.orchestrator.noted import Noted
from tests.runtime.orchestrator.scenarios.virtual_time import START_S, run_in_virtual_time
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.ladder import STALL_S, Ladder, Rung

NEEDS_S: Final = 0.5
WITHIN_S: Final = 2.5

Clock = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def in_virtual_time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return lambda work: run_in_virtual_time(work, monkeypatch)


class Engine:
    """Does what it is told, one order a request: seconds that it takes, an error, or pieces."""

    def __init__(self, *orders: float | EngineError | tuple[str | float | EngineError, ...]) -> None:
        self.orders = list(orders)
        self.asked_s: list[float] = []
        self.stopped = 0
        self.probed_s: list[float] = []
        self.is_well = True

    async def probe(self) -> None:
        """Well or not."""
        self.probed_s.append(now_s())
        if not self.is_well:
            raise broken()

    async def work(self) -> str:
        """One answer."""
        self.asked_s.append(now_s())
        order = self.orders.pop(0)
        if isinstance(order, EngineError):
            raise order
        assert isinstance(order, float)
        await self._wait(order)
        return "done"

    async def pieces(self) -> AsyncGenerator[str, None]:
        """An answer in pieces; a number is a pause."""
        self.asked_s.append(now_s())
        order = self.orders.pop(0)
        assert isinstance(order, tuple)
        for each in order:
            if isinstance(each, EngineError):
                raise each
            if isinstance(each, str):
                yield each
            else:
                await self._wait(each)

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.stopped += 1
            raise


def now_s() -> float:
    return round(asyncio.get_running_loop().time() - START_S, 3)


def broken(again_after_s: float | None = 0.1, *, is_sick: bool = True) -> EngineError:
    return EngineError("stt", "broken", again_after_s=again_after_s, is_sick=is_sick)


def ladder(*engines: Engine) -> Ladder[Engine]:
    rungs = [Rung(name, engine, NEEDS_S, Engine.probe) for name, engine in zip("ABC", engines, strict=False)]
    return Ladder("stt", WITHIN_S, rungs)


async def failure_of(climb: Coroutine[Any, Any, str]) -> tuple[str, float]:
    with pytest.raises(EngineError) as failure:
        await climb
    return str(failure.value), now_s()


def test_an_engine_that_works(in_virtual_time: Clock) -> None:
    """Is the only one that is asked, and nothing is noted."""

    async def work() -> None:
        best, below, note = Engine(1.9), Engine(), Noted()
        assert await ladder(best, below).climb(Engine.work, note) == "done"
        assert (best.asked_s, below.asked_s, note.events) == ([0.0], [], [])

    in_virtual_time(work)


def test_one_that_fails_early_is_asked_once_more(in_virtual_time: Clock) -> None:
    """A reset connection, a process that starts again: the second answer is as good."""

    async def work() -> None:
        best, note = Engine(broken(), 0.1), Noted()
        assert await ladder(best, Engine()).climb(Engine.work, note) == "done"
        assert best.asked_s == [0.0, 0.1]
        assert note.names == ["engine_failed"]

    in_virtual_time(work)


def test_one_that_fails_twice_is_replaced(in_virtual_time: Clock) -> None:
    """The caller waits for two failures and a pause, and the timeline says all of it."""

    async def work() -> None:
        best, below, note = Engine(broken(), broken()), Engine(0.2), Noted()
        assert await ladder(best, below).climb(Engine.work, note) == "done"
        assert below.asked_s == [0.1]
        assert note.events == [
            ("engine_failed", {"engine": "stt", "rung": "A", "why": "stt: broken"}),
            ("engine_failed", {"engine": "stt", "rung": "A", "why": "stt: broken"}),
            ("engine_replaced", {"engine": "stt", "by": "B"}),
        ]

    in_virtual_time(work)


def test_one_that_hangs_leaves_time_for_the_next(in_virtual_time: Clock) -> None:
    """It is stopped when only what the others need is left, and is not asked again."""

    async def work() -> None:
        hanging = (Engine(99.0), Engine(99.0))
        last = Engine(0.4)
        assert await ladder(*hanging, last).climb(Engine.work, Noted()) == "done"
        assert [engine.asked_s for engine in (*hanging, last)] == [[0.0], [1.5], [2.0]]
        assert [engine.stopped for engine in hanging] == [1, 1]

    in_virtual_time(work)


def test_all_hang(in_virtual_time: Clock) -> None:
    """However many there are, the caller waits for the deadline and no longer."""

    async def work() -> None:
        climb = ladder(Engine(99.0), Engine(99.0), Engine(99.0)).climb(Engine.work, Noted())
        assert await failure_of(climb) == ("stt: nothing within 0.5 s", WITHIN_S)

    in_virtual_time(work)


@pytest.mark.parametrize(
    ("again_after_s", "asked_s"),
    [(0.0, [0.0, 0.0]), (2.0, [0.0, 2.0]), (2.1, [0.0]), (float("inf"), [0.0]), (None, [0.0])],
)
def test_the_retry_fits_the_deadline_or_is_left_out(
    in_virtual_time: Clock, again_after_s: float | None, asked_s: list[float]
) -> None:
    """A Retry-After that leaves too little time is no use to a caller."""

    async def work() -> None:
        busy = Engine(broken(again_after_s, is_sick=False), broken(again_after_s, is_sick=False))
        await failure_of(ladder(busy).climb(Engine.work, Noted()))
        assert busy.asked_s == asked_s

    in_virtual_time(work)


def test_one_that_keeps_failing_is_left_alone(in_virtual_time: Clock) -> None:
    """After three failures callers go to the next one at once; every two seconds it is probed, by nobody's call."""

    async def work() -> None:
        best, below = Engine(*[broken(None)] * 3, 0.0), Engine(*[0.0] * 9)
        best.is_well = False
        both = ladder(best, below)
        for _ in range(5):
            await both.climb(Engine.work, Noted())
        assert len(best.asked_s) == 3
        await asyncio.sleep(5.0)
        best.is_well = True
        await asyncio.sleep(5.0)
        assert best.probed_s == [2.0, 4.0, 6.0]
        await both.climb(Engine.work, note := Noted())
        assert (len(best.asked_s), note.events) == (4, [])

    in_virtual_time(work)


def test_the_only_one_that_is_left_alone(in_virtual_time: Clock) -> None:
    """Nobody waits for what will not come; and who is only busy is never left alone."""

    async def work() -> None:
        dead = ladder(Engine(*[broken(None)] * 3))
        for _ in range(3):
            await failure_of(dead.climb(Engine.work, Noted()))
        assert await failure_of(dead.climb(Engine.work, note := Noted())) == ("stt: left alone after failures", 0.0)
        assert note.names == ["engine_failed"]
        await dead.close()
        busy = Engine(*[broken(None, is_sick=False)] * 9, 0.0)
        only = ladder(busy)
        for _ in range(9):
            await failure_of(only.climb(Engine.work, Noted()))
        assert await only.climb(Engine.work, Noted()) == "done"

    in_virtual_time(work)


def test_giving_up_stops_the_engine(in_virtual_time: Clock) -> None:
    """And is nobody's failure."""

    async def work() -> None:
        best, below, note = Engine(99.0), Engine(), Noted()
        task = asyncio.create_task(ladder(best, below).climb(Engine.work, note))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait({task})
        assert (best.stopped, below.asked_s, note.events) == (1, [], [])

    in_virtual_time(work)


async def all_of(pieces: AsyncGenerator[str, None]) -> list[str]:
    return [piece async for piece in pieces]


def test_pieces(in_virtual_time: Clock) -> None:
    """As they come, from the engine that begins in time."""

    async def work() -> None:
        best, below = Engine((99.0,)), Engine(("a", 1.0, "b"))
        assert await all_of(ladder(best, below).stream(Engine.pieces, Noted())) == ["a", "b"]
        assert now_s() == 3.0

    in_virtual_time(work)


def test_an_empty_answer_is_a_failure(in_virtual_time: Clock) -> None:
    """Nothing at all, with the best of manners."""

    async def work() -> None:
        best, below = Engine((), ()), Engine(("a",))
        assert await all_of(ladder(best, below).stream(Engine.pieces, Noted())) == ["a"]

    in_virtual_time(work)


@pytest.mark.parametrize(("rest", "why"), [(broken(), "stt: broken"), (99.0, f"stt: nothing within {STALL_S} s")])
def test_an_answer_that_breaks_off(in_virtual_time: Clock, rest: float | EngineError, why: str) -> None:
    """What came is ours; the rest is not asked for here, since only whoever listens knows what is missing."""

    async def work() -> None:
        note = Noted()
        stream = ladder(Engine(("a", rest)), Engine()).stream(Engine.pieces, note)
        assert await anext(stream) == "a"
        with pytest.raises(EngineError, match=why):
            await anext(stream)
        assert note.events == [("engine_failed", {"engine": "stt", "rung": "A", "why": why})]

    in_virtual_time(work)


def test_a_slow_listener_is_no_stall(in_virtual_time: Clock) -> None:
    """Only the engine's time counts."""

    async def work() -> None:
        async for _ in ladder(Engine(("a", "b", "c"))).stream(Engine.pieces, Noted()):
            await asyncio.sleep(STALL_S * 2)

    in_virtual_time(work)
