"""Between the end of a caller's turn and its answer: announced where it takes long, an apology where it never comes."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from voicectl_runtime.orchestrator.attempt import Answered, Attempt
from voicectl_runtime.orchestrator.chain import Chain
from voicectl_runtime.orchestrator.dialogue import Dialogue
from voicectl_runtime.orchestrator.engines.ladder import Note
from voicectl_runtime.orchestrator.mouth import Mouth

FILLER_S: Final = 1.2
"""A caller who has waited this long is told that an answer is on its way."""
STUCK_S: Final = 3.0
"""After the filler nobody waits longer than this in silence, even where each engine needs all its time."""


class Waiting:
    """Waits for one call's answers."""

    def __init__(self, chain: Chain, dialogue: Dialogue, mouth: Mouth, note: Note) -> None:
        self._chain, self._dialogue, self._mouth, self._note = chain, dialogue, mouth, note
        self._fillers = 0
        self._filler: Answered | None = None

    async def answer(self, attempt: Attempt, may_fill: Callable[[str], bool]) -> Answered | None:
        """The answer of a turn that is committed now; None when nothing was said.

        Before the filler `may_fill` is asked, with the words as far as they are known.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FILLER_S):
                return await attempt.answer()
        if may_fill(attempt.said):
            await self._fill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STUCK_S):
                return await attempt.answer()
        self._note("turn_stuck")
        attempt.drop()
        reply = self._dialogue.failed()
        return Answered(attempt.said, reply, self._chain.say(reply, self._note))

    def stop(self) -> None:
        """Break off a filler: the caller goes on, or leaves."""
        if self._filler is not None:
            self._filler.speech.close()
            self._mouth.stop()

    async def _fill(self) -> None:
        self._note("filler_sent")
        reply = self._dialogue.filler(self._fillers)
        self._fillers += 1
        self._filler = Answered("", reply, self._chain.say(reply, self._note))
        try:
            await self._mouth.say(self._filler.speech, lambda: None)
        finally:
            self._filler = None
