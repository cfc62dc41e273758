"""Gathers what several calls ask at the same time, so that the model runs once for all of them."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from voicectl_runtime.stt.utterance import Transcript, Utterance

GATHER_S: Final = 0.006
"""How long the first of a batch waits for others, when the model is idle."""

MOST_TOGETHER: Final = 16
"""More would make everybody wait for the slowest."""

Recognise = Callable[[Sequence[Utterance], Sequence[int]], list[Transcript]]


@dataclass(frozen=True, eq=False)
class Request:
    """One utterance that waits for its transcript."""

    utterance: Utterance
    prompt: tuple[int, ...]
    answer: asyncio.Future[Transcript] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def fits(self, other: "Request") -> bool:
        """Both can be recognised in one batch."""
        return self.utterance.window_s == other.utterance.window_s and self.prompt == other.prompt


class Batches:
    """The queue in front of the model; a request whose caller is gone is left out."""

    def __init__(self, recognise: Recognise, gather_s: float = GATHER_S) -> None:
        self._recognise = recognise
        self._gather_s = gather_s
        self._waiting: list[Request] = []
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recogniser")

    async def transcribe(self, utterance: Utterance, prompt: Sequence[int]) -> Transcript:
        """Wait for the utterance's turn; a cancelled wait takes it out of the queue."""
        request = Request(utterance, tuple(prompt))
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

    def _next_batch(self) -> list[Request]:
        """The oldest request, and what fits to it."""
        alive = [each for each in self._waiting if not each.answer.done()]
        batch = [each for each in alive if each.fits(alive[0])][:MOST_TOGETHER]
        self._waiting = [each for each in alive if each not in batch]
        return batch

    async def _run(self, batch: list[Request]) -> None:
        loop = asyncio.get_running_loop()
        asked = [each.utterance for each in batch]
        try:
            found = await loop.run_in_executor(self._thread, self._recognise, asked, batch[0].prompt)
        except Exception as error:  # noqa: BLE001 - whatever the engine raises belongs to those who asked, not to the queue
            for each in batch:
                if not each.answer.done():
                    each.answer.set_exception(error)
            return
        for each, transcript in zip(batch, found, strict=True):
            if not each.answer.done():
                each.answer.set_result(transcript)
