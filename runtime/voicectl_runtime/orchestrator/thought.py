"""One answer of the language model: its words as they come, and what it wants done."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from voicectl_runtime.orchestrator.clauses import clauses
from voicectl_runtime.orchestrator.dialogue import Wish
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Note
from voicectl_runtime.orchestrator.engines.llm import Exchange, Llm, Looked
from voicectl_runtime.orchestrator.script.dialogue import Phrases
from voicectl_runtime.orchestrator.tools.toolbox import MOST_OF_A_TURN, Toolbox
from voicectl_runtime.orchestrator.tools.wanted import ToolCall


@dataclass
class Thought:
    """Begun perhaps before it is certain that the caller has finished: what it wants done is done by others, later."""

    llm: Ladder[Llm]
    toolbox: Toolbox
    phrases: Phrases
    wish: Wish
    """Filled in on the way."""
    note: Note

    async def words(
        self, said: str, history: Sequence[Exchange], told: Sequence[Looked] = ()
    ) -> AsyncGenerator[str, None]:
        """Clauses; after a look-up the model goes on with what came of it, as with what it was `told` before."""
        looked = list(told)
        left, any_yet, has_waited = MOST_OF_A_TURN, False, False
        while True:
            calls: list[ToolCall] = []
            async with aclosing(self._round(said, history, looked)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, ToolCall):
                        calls.append(piece)
                    else:
                        any_yet = True
                        yield piece
            before = len(looked)
            for call in calls[:left]:
                if not (any_yet or has_waited) and self.toolbox.takes_time(call):
                    has_waited = True
                    yield self.phrases.filler[0]
                await self._use(call, looked)
            left = max(0, left - len(calls))
            if len(looked) == before or self.wish.then != "listen":
                break
        if calls and not any_yet:
            yield self._instead()

    async def _use(self, call: ToolCall, looked: list[Looked]) -> None:
        result = await self.toolbox.use(call) if self.wish.then == "listen" else None
        self.note("tool_used" if result else "tool_refused")
        if result is not None and result.told:
            looked.append(Looked(call, result.told))
        elif result is not None:
            self.wish.then, self.wish.person, self.wish.wanted = result.then, result.person, result.wanted

    def _instead(self) -> str:
        """What is said where the model wanted something done and said nothing."""
        if self.wish.then == "transfer":
            return self.phrases.filler[0]
        if self.wish.then == "collect":
            return self.phrases.type_digits
        return self.phrases.goodbye if self.wish.then == "goodbye" else self.phrases.not_understood

    async def _round(
        self, said: str, history: Sequence[Exchange], looked: Sequence[Looked]
    ) -> AsyncGenerator[str | ToolCall, None]:
        """The model's answer; where it breaks off it is announced and begun once more."""
        any_yet = False
        for is_again in (False, True):
            try:
                tokens = self.llm.stream(lambda engine: engine.answer(said, history, looked), self.note)
                pieces = clauses(self._first_noted(tokens, "first_token"))
                async with aclosing(self._first_noted(pieces, "first_clause")) as closing:
                    async for clause in closing:
                        any_yet = True
                        yield clause
            except EngineError:
                if is_again or not any_yet:
                    raise
                yield self.phrases.filler[0]
            else:
                return

    async def _first_noted(
        self, made: AsyncGenerator[str | ToolCall, None], name: str
    ) -> AsyncGenerator[str | ToolCall, None]:
        is_first = True
        async with aclosing(made):
            async for each in made:
                if is_first:
                    self.note(name)
                    is_first = False
                yield each
