"""Keeps a language model up to date with a call, so that only the next question is new to it."""

from typing import TYPE_CHECKING

from voicectl_runtime.orchestrator.attempt import Answered
from voicectl_runtime.orchestrator.chain import Chain
from voicectl_runtime.orchestrator.dialogue import Dialogue
from voicectl_runtime.orchestrator.minutes import Minutes
from voicectl_runtime.orchestrator.tasks import Tasks

if TYPE_CHECKING:
    import asyncio


class Reading:
    """One call's; one thing at a time."""

    def __init__(self, chain: Chain, dialogue: Dialogue, minutes: Minutes, tasks: Tasks) -> None:
        self._chain, self._dialogue, self._minutes, self._tasks = chain, dialogue, minutes, tasks
        self._task: asyncio.Task[None] | None = None

    def ahead(self, answered: Answered) -> None:
        """An answer, as soon as all of it is made, as if it were heard: there is time while it is spoken."""
        self._begin(answered)

    def heard(self) -> None:
        """What the caller really heard of it, where that is less."""
        self._begin(None)

    def _begin(self, ahead: Answered | None) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self._tasks.start(self._read(ahead))

    async def _read(self, ahead: Answered | None) -> None:
        history = self._minutes.history.copy()
        if ahead is not None:
            await ahead.speech.whole()
            history.append((ahead.said, ahead.speech.text or ahead.reply.text))
        await self._chain.listen(self._dialogue, history)
