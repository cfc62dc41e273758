"""Several calls share one run of the model, and nobody who left is waited for."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest

from voicectl_runtime.stt.batches import MOST_TOGETHER, Batches
from voicectl_runtime.stt.utterance import Transcript, Utterance


class Model:
    """Remembers its batches; waits for `let_go` where a test needs it to be busy."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.started = threading.Event()
        self.let_go = threading.Event()
        self.let_go.set()

    def recognise(self, batch: Sequence[Utterance], _prompt: Sequence[int]) -> list[Transcript]:
        """Answer with the utterance's length."""
        self.batches.append([len(each.audio) for each in batch])
        self.started.set()
        assert self.let_go.wait(10)
        return [Transcript(str(len(each.audio)), 0, 0, 0, 0, len(batch)) for each in batch]


def heard(samples: int, window_s: int = 10) -> Utterance:
    """An utterance that is known by its length."""
    return Utterance(np.zeros(samples, np.float32), window_s)


@asynccontextmanager
async def served(recognise: Callable[[Sequence[Utterance], Sequence[int]], list[Transcript]]) -> AsyncIterator[Batches]:
    """A queue that is served as long as the test looks at it."""
    batches = Batches(recognise, gather_s=0)
    task = asyncio.create_task(batches.serve())
    try:
        yield batches
    finally:
        task.cancel()
        batches.close()


async def busy(batches: Batches, model: Model) -> asyncio.Task[Transcript]:
    """Make the model work on an utterance of one sample until it is let go."""
    model.let_go.clear()
    task = asyncio.create_task(batches.transcribe(heard(1), ()))
    await asyncio.to_thread(model.started.wait, 10)
    return task


async def test_what_waits_runs_as_one_batch() -> None:
    """Three callers who stop speaking at once cost one run, and each gets their own words."""
    model = Model()
    async with served(model.recognise) as batches:
        first = await busy(batches, model)
        others = [asyncio.create_task(batches.transcribe(heard(n), ())) for n in (2, 3, 4)]
        await asyncio.sleep(0)
        model.let_go.set()
        assert [(await each).text for each in others] == ["2", "3", "4"]
        assert (await first).batch_size == 1
    assert model.batches == [[1], [2, 3, 4]]


async def test_windows_and_languages_do_not_mix() -> None:
    """A batch has one shape and one prompt; the oldest request decides which goes first."""
    model = Model()
    async with served(model.recognise) as batches:
        first = await busy(batches, model)
        asked = [(heard(2, 30), (1,)), (heard(3, 10), (1,)), (heard(4, 30), (1,)), (heard(5, 30), (2,))]
        tasks = [asyncio.create_task(batches.transcribe(*each)) for each in asked]
        await asyncio.sleep(0)
        model.let_go.set()
        await asyncio.gather(first, *tasks)
    assert model.batches == [[1], [2, 4], [3], [5]]


async def test_a_caller_who_left_is_not_transcribed() -> None:
    """A cancelled request leaves its batch while it has not begun."""
    model = Model()
    async with served(model.recognise) as batches:
        first = await busy(batches, model)
        leaving = asyncio.create_task(batches.transcribe(heard(2), ()))
        staying = asyncio.create_task(batches.transcribe(heard(3), ()))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
        model.let_go.set()
        await asyncio.gather(first, staying)
    assert model.batches == [[1], [3]]


async def test_a_caller_who_leaves_in_mid_batch_harms_nobody() -> None:
    """The others of the batch still get their words."""
    model = Model()
    async with served(model.recognise) as batches:
        first = await busy(batches, model)
        first.cancel()
        await asyncio.sleep(0)
        model.let_go.set()
        assert (await batches.transcribe(heard(2), ())).text == "2"


async def test_a_batch_is_bounded() -> None:
    """Twenty at once are two runs: nobody waits for the slowest of a crowd."""
    model = Model()
    async with served(model.recognise) as batches:
        first = await busy(batches, model)
        crowd = [asyncio.create_task(batches.transcribe(heard(2), ())) for _ in range(MOST_TOGETHER + 4)]
        await asyncio.sleep(0)
        model.let_go.set()
        await asyncio.gather(first, *crowd)
    assert [len(batch) for batch in model.batches] == [1, MOST_TOGETHER, 4]


async def test_a_failure_reaches_those_who_asked_and_the_queue_goes_on() -> None:
    """One bad batch does not silence the service."""
    model = Model()

    def recognise(batch: Sequence[Utterance], prompt: Sequence[int]) -> list[Transcript]:
        if len(batch[0].audio) == 1:
            raise MemoryError("no room")
        return model.recognise(batch, prompt)

    async with served(recognise) as batches:
        with pytest.raises(MemoryError):
            await batches.transcribe(heard(1), ())
        assert (await batches.transcribe(heard(2), ())).text == "2"
