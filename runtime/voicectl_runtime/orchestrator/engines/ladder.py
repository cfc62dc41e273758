"""An engine with those that stand in for it: one retry where the time allows, then the next one, in one deadline."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from voicectl_runtime.orchestrator.engines.breaker import CircuitBreaker
from voicectl_runtime.orchestrator.engines.errors import EngineError

_log: Final = logging.getLogger(__name__)

Engine = TypeVar("Engine")
Made = TypeVar("Made")

PROBE_EVERY_S: Final = 2.0
STALL_S: Final = 2.0
"""How long an answer that has begun may pause."""


class Note(Protocol):
    """Takes the name of something that happened, for the call's timeline."""

    def __call__(self, name: str, **detail: object) -> None:
        """Write it down with the time of now."""


@dataclass
class Rung(Generic[Engine]):
    """One engine that can do the work."""

    name: str
    engine: Engine
    needs_s: float
    """What it takes when all is well: this much of the deadline is kept for it."""
    probe: Callable[[Engine], Awaitable[object]]
    """A little of the real work: what shows that the engine is well again."""
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)


class Ladder(Generic[Engine]):
    """Engines for the same work, best first, that share one deadline: the time that a caller may wait for it."""

    def __init__(self, name: str, within_s: float, rungs: Sequence[Rung[Engine]]) -> None:
        """`name`: stt, tts or llm."""
        self.name, self._within_s, self._rungs = name, within_s, rungs
        self._probing: dict[str, asyncio.Task[None]] = {}

    @property
    def best(self) -> Engine:
        """The engine that is meant to do the work."""
        return self._rungs[0].engine

    async def close(self) -> None:
        """Stop looking after engines that failed."""
        for task in self._probing.values():
            task.cancel()
        await asyncio.gather(*self._probing.values(), return_exceptions=True)

    async def climb(self, work: Callable[[Engine], Awaitable[Made]], note: Note) -> Made:
        """The work of the first engine that does it in its time; cancelling this stops the engine.

        Raises:
            EngineError: none did.
        """
        _, made = await self._climb(work, note)
        return made

    async def stream(
        self, begin: Callable[[Engine], AsyncGenerator[Made, None]], note: Note
    ) -> AsyncGenerator[Made, None]:
        """The pieces of the first engine whose first piece comes in its time; closing this stops the engine.

        Raises:
            EngineError: none began, or the one that began broke off or stalled.
        """

        async def first_of(engine: Engine) -> tuple[Made, AsyncGenerator[Made, None]]:
            pieces = begin(engine)
            try:
                return await anext(pieces), pieces
            except StopAsyncIteration as error:
                raise EngineError(self.name, "an empty answer") from error

        rung, (piece, rest) = await self._climb(first_of, note)
        async with aclosing(rest):
            while True:
                yield piece
                try:
                    piece = await self._in_time(anext(rest), _now_s() + STALL_S)
                except StopAsyncIteration:
                    return
                except EngineError as error:
                    self._failed(rung, error, note)
                    raise

    async def _climb(self, work: Callable[[Engine], Awaitable[Made]], note: Note) -> tuple[Rung[Engine], Made]:
        ends_s = _now_s() + self._within_s
        failure = EngineError(self.name, "there is no engine")
        for number, rung in enumerate(self._rungs):
            kept_s = sum(below.needs_s for below in self._rungs[number + 1 :])
            try:
                made = await self._try(rung, work, ends_s - kept_s, note)
            except EngineError as error:
                failure = error
                continue
            if number:
                _log.warning("engine_replaced", extra={"engine": self.name, "by": rung.name})
                note("engine_replaced", engine=self.name, by=rung.name)
            return rung, made
        raise failure

    async def _try(
        self, rung: Rung[Engine], work: Callable[[Engine], Awaitable[Made]], ends_s: float, note: Note
    ) -> Made:
        """Ask one engine, and once more where it failed early."""
        try:
            return await self._ask(rung, work, ends_s, note)
        except EngineError as error:
            pause_s = error.again_after_s
            if pause_s is None or _now_s() + pause_s + rung.needs_s > ends_s:
                raise
        await asyncio.sleep(pause_s)
        return await self._ask(rung, work, ends_s, note)

    async def _ask(
        self, rung: Rung[Engine], work: Callable[[Engine], Awaitable[Made]], ends_s: float, note: Note
    ) -> Made:
        if rung.breaker.is_open:
            resting = EngineError(self.name, "left alone after failures", again_after_s=None, is_sick=False)
            self._failed(rung, resting, note)
            raise resting
        try:
            made = await self._in_time(work(rung.engine), ends_s)
        except EngineError as error:
            self._failed(rung, error, note)
            raise
        rung.breaker.worked()
        return made

    async def _in_time(self, work: Awaitable[Made], ends_s: float) -> Made:
        began_s = _now_s()
        try:
            async with asyncio.timeout_at(ends_s):
                return await work
        except TimeoutError as error:
            waited_s = _now_s() - began_s
            raise EngineError(self.name, f"nothing within {waited_s:.1f} s", again_after_s=None) from error

    def _failed(self, rung: Rung[Engine], error: EngineError, note: Note) -> None:
        if error.is_sick and not rung.breaker.is_open:
            rung.breaker.failed(_now_s())
            if rung.breaker.is_open:
                self._probing[rung.name] = asyncio.create_task(self._probe(rung))
        _log.warning("engine_failed", extra={"engine": self.name, "rung": rung.name, "why": str(error)})
        note("engine_failed", engine=self.name, rung=rung.name, why=str(error))

    async def _probe(self, rung: Rung[Engine]) -> None:
        """No caller has to try an engine that was dead a moment ago."""
        while rung.breaker.is_open:
            await asyncio.sleep(PROBE_EVERY_S)
            with contextlib.suppress(EngineError):
                await self._in_time(rung.probe(rung.engine), _now_s() + self._within_s)
                rung.breaker.worked()
                _log.info("engine_is_back", extra={"engine": self.name, "rung": rung.name})


async def first_of(pieces: AsyncGenerator[Made, None]) -> None:
    """Ask for the first piece, and for no more."""
    async with aclosing(pieces):
        await anext(pieces, None)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
