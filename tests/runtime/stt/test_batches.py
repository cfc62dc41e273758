"""Several calls share one run of the model, and nobody who left is waited for."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from voicectl_runtime.stt.batches import MOST_TOGETHER, Batches

Asked = tuple[str, int]
"""Of which kind it is, and a number to know it by."""

Queue = Batches[Asked, str]


class Model:
    """Remembers its batches; waits for `let_go` where a test needs it to be busy."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.started = threading.Event()
        self.let_go = threading.Event()
        self.let_go.set()

    def run(self, batch: Sequence[Asked]) -> list[str]:
        """Answer with the number that was asked."""
        self.batches.append([number for _, number in batch])
        self.started.set()
        assert self.let_go.wait(10)
        return [str(number) for _, number in batch]


@asynccontextmanager
async def served(run: Callable[[Sequence[Asked]], list[str]]) -> AsyncIterator[Queue]:
    """A queue that is served as long as the test looks at it."""
    batches = Batches(run, lambda asked: asked[0])
    task = asyncio.create_task(batches.serve())
    try:
        yield batches
    finally:
        task.cancel()
        batches.close()


async def busy(batches: Queue, model: Model) -> asyncio.Task[str]:
    """Make the model work on 1 until it is let go."""
    model.let_go.clear()
    task = asyncio.create_task(batches.ask(("", 1)))
    await asyncio.to_thread(model.started.wait, 10)
    return task


async def test_what_waits_runs_as_one_batch() -> None:
    """Three callers who stop speaking at once cost one run, and each gets their own words."""
    model = Model()
    async with served(model.run) as batches:
        first = await busy(batches, model)
        others = [asyncio.create_task(batches.ask(("", n))) for n in (2, 3, 4)]
        await asyncio.sleep(0)
        model.let_go.set()
        assert [await each for each in others] == ["2", "3", "4"]
        assert await first == "1"
    assert model.batches == [[1], [2, 3, 4]]


async def test_kinds_do_not_mix() -> None:
    """A batch has one shape; the oldest request decides which goes first."""
    model = Model()
    async with served(model.run) as batches:
        first = await busy(batches, model)
        asked = [("full", 2), ("short", 3), ("full", 4), ("hints", 5)]
        tasks = [asyncio.create_task(batches.ask(each)) for each in asked]
        await asyncio.sleep(0)
        model.let_go.set()
        await asyncio.gather(first, *tasks)
    assert model.batches == [[1], [2, 4], [3], [5]]


async def test_a_caller_who_left_is_not_transcribed() -> None:
    """A cancelled request leaves its batch while it has not begun."""
    model = Model()
    async with served(model.run) as batches:
        first = await busy(batches, model)
        leaving = asyncio.create_task(batches.ask(("", 2)))
        staying = asyncio.create_task(batches.ask(("", 3)))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
        model.let_go.set()
        await asyncio.gather(first, staying)
    assert model.batches == [[1], [3]]


async def test_a_caller_who_leaves_in_mid_batch_harms_nobody() -> None:
    """The others of the batch still get their words."""
    model = Model()
    async with served(model.run) as batches:
        first = await busy(batches, model)
        first.cancel()
        await asyncio.sleep(0)
        model.let_go.set()
        assert await batches.ask(("", 2)) == "2"


async def test_a_batch_is_bounded() -> None:
    """Twenty at once are two runs: nobody waits for the slowest of a crowd."""
    model = Model()
    async with served(model.run) as batches:
        first = await busy(batches, model)
        crowd = [asyncio.create_task(batches.ask(("", 2))) for _ in range(MOST_TOGETHER + 4)]
        await asyncio.sleep(0)
        model.let_go.set()
        await asyncio.gather(first, *crowd)
    assert [len(batch) for batch in model.batches] == [1, MOST_TOGETHER, 4]


async def test_a_failure_reaches_those_who_asked_and_the_queue_goes_on() -> None:
    """One bad batch does not silence the service."""
    model = Model()

    def run(batch: Sequence[Asked]) -> list[str]:
        if batch[0][1] == 1:
            raise MemoryError("no room")
        return model.run(batch)

    async with served(run) as batches:
        with pytest.raises(MemoryError):
            await batches.ask(("", 1))
        assert await batches.ask(("", 2)) == "2"
