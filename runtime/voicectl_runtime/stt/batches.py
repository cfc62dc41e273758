"""Gathers what several calls ask at the same time, so that a model runs once for all of them."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

MOST_TOGETHER: Final = 16
"""More would make everybody wait for the slowest."""

Asked = TypeVar("Asked")
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Request(Generic[Asked, Made]):
    """What is asked, and who waits for it."""

    asked: Asked
    answer: asyncio.Future[Made] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Batches(Generic[Asked, Made]):
    """The queue in front of one model; a request whose caller is gone is left out."""

    def __init__(
        self,
        run: Callable[[Sequence[Asked]], Sequence[Made]],
        kind: Callable[[Asked], object],
        gather_s: float = 0.0,
    ) -> None:
        """`run` answers a batch in order, in a thread of its own; what has the same `kind` may share one.

        `gather_s`: how long the first of a batch waits for others, when the model is idle.
        """
        self._run_model, self._kind, self._gather_s = run, kind, gather_s
        self._waiting: list[Request[Asked, Made]] = []
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1)

    async def ask(self, asked: Asked) -> Made:
        """Wait for one's turn; a cancelled wait takes the request out of the queue."""
        request = Request[Asked, Made](asked)
        self._waiting.append(request)
        self._arrived.set()
        return await request.answer

    async def serve(self) -> None:
        """Run batch after batch until cancelled."""
        while True:
            if not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
                await asyncio.sleep(self._gather_s)
            batch = self._next_batch()
            if batch:
                await self._run(batch)

    def close(self) -> None:
        """End the thread once the running batch is done."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _next_batch(self) -> list[Request[Asked, Made]]:
        """The oldest request, and what fits to it."""
        alive = [each for each in self._waiting if not each.answer.done()]
        batch = [each for each in alive if self._kind(each.asked) == self._kind(alive[0].asked)][:MOST_TOGETHER]
        self._waiting = [each for each in alive if each not in batch]
        return batch

    async def _run(self, batch: list[Request[Asked, Made]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            made = await loop.run_in_executor(self._thread, self._run_model, [each.asked for each in batch])
        except Exception as error:  # noqa: BLE001 - whatever the engine raises belongs to those who asked, not to the queue
            for each in batch:
                if not each.answer.done():
                    each.answer.set_exception(error)
            return
        for each, answer in zip(batch, made, strict=True):
            if not each.answer.done():
                each.answer.set_result(answer)
