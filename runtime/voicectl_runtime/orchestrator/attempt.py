"""One run of the chain for one pause of the caller's, begun before it is certain that the caller has finished."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from voicectl_runtime.orchestrator.dialogue import Reply
from voicectl_runtime.orchestrator.record import TurnRow
from voicectl_runtime.orchestrator.speech import Speech

Made = TypeVar("Made")


@dataclass(frozen=True)
class Answered:
    """A turn with its answer."""

    said: str
    reply: Reply
    speech: Speech

    def row(self, number: int) -> TurnRow:
        """The turn as it is recorded, with as much of its answer as is there."""
        reply = self.reply
        return TurnRow(number, self.said, self.speech.text or reply.text, reply.source, reply.answer_id, reply.score)


class Attempt:
    """What is known so far, the work that finds out more, and the way to stop it."""

    def __init__(self, work: Callable[["Attempt"], Coroutine[Any, Any, Answered | None]]) -> None:
        """Begin the work."""
        self._speech: Speech | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self.said = ""
        """The words, as soon as they are known: a call that ends before its answer keeps them."""
        self.is_covered = False
        """Whether the script has an answer to these words."""
        self._look: asyncio.Task[float] | None = None
        self.is_due = asyncio.Event()
        """The turn is committed: what is not known by now is not waited for."""
        self._answering = self.begins(work(self))

    def begins(self, work: Coroutine[Any, Any, Made]) -> "asyncio.Task[Made]":
        """Part of the work, beside the rest; dropping the attempt ends it too."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        # Whoever asked for it may be gone, and nobody is to be told of that.
        task.add_done_callback(lambda task: task.cancelled() or task.exception())
        return task

    async def before_due(self, work: Coroutine[Any, Any, Made]) -> Made | None:
        """What the work makes; None where it fails, or the turn is committed first."""
        working, due = self.begins(work), self.begins(self.is_due.wait())
        await asyncio.wait({working, due}, return_when=asyncio.FIRST_COMPLETED)
        due.cancel()
        if not working.done() or working.exception():
            working.cancel()
            return None
        return working.result()

    def looks(self, look: Coroutine[Any, Any, float]) -> None:
        """Ask whether the voice sounds complete, beside the rest of the work."""
        self._look = self.begins(look)

    @property
    def sounds_complete(self) -> float | None:
        """Smart Turn's opinion, 0 to 1; None where it was not asked or is not there yet."""
        look = self._look
        return look.result() if look and look.done() and not (look.cancelled() or look.exception()) else None

    async def answer(self) -> Answered | None:
        """The answer once it is there; None when nothing was said."""
        self.is_due.set()
        return await asyncio.shield(self._answering)

    def has(self, speech: Speech) -> Speech:
        """Note the speech, so that dropping the attempt also stops its maker; one before it is stopped now."""
        if self._speech is not None:
            self._speech.close()
        self._speech = speech
        return speech

    async def ended(self) -> None:
        """Wait until no work is left, whatever came of it."""
        await asyncio.wait(self._tasks)

    def drop(self) -> None:
        """Stop all work, at the engines too."""
        for task in self._tasks:
            task.cancel()
        if self._speech is not None:
            self._speech.close()
