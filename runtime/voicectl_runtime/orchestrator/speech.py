"""Something that the agent says: sound that may still be growing while its beginning is already heard."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Final

from voicectl_runtime.orchestrator.ears import BYTES_PER_MS
from voicectl_runtime.orchestrator.engines.errors import EngineError

Part = tuple[str, bytes]
"""A clause with the next piece of its sound."""


class Speech:
    """Either a file that was rendered before, or sound that an engine makes right now."""

    def __init__(self, text: str, file: Path | None = None) -> None:
        self.file: Final = file
        self.failure: EngineError | None = None
        self._clauses: list[tuple[str, int]] = [(text, file.stat().st_size)] if file else []
        self._sound = bytearray()
        self._taken = 0
        self._ended = file is not None
        self._grew = asyncio.Event()
        self._maker: asyncio.Task[None] | None = None

    @classmethod
    def made_by(cls, parts: AsyncGenerator[Part, None]) -> "Speech":
        """Begin to collect what an engine makes; `close` ends that, at the engine too."""
        speech = cls("")
        speech._maker = asyncio.create_task(speech._collect(parts))
        return speech

    async def take(self, least: int, most: int) -> bytes:
        """The next sound: at least `least` bytes, fewer only at the end; nothing when all was taken."""
        while len(self._sound) - self._taken < least and not self._ended:
            self._grew.clear()
            await self._grew.wait()
        taken = bytes(self._sound[self._taken : self._taken + most])
        self._taken += len(taken)
        return taken

    async def begun(self) -> None:
        """Wait for the first sound.

        Raises:
            EngineError: there will be none.
        """
        while not (self._sound or self._ended):
            self._grew.clear()
            await self._grew.wait()
        if self.failure and not self._sound:
            raise self.failure

    def said_until(self, heard_ms: float) -> str:
        """The clauses of which the caller heard more than half."""
        said, began = [], 0
        for clause, size in self._clauses:
            if heard_ms * BYTES_PER_MS >= began + size / 2:
                said.append(clause)
            began += size
        return " ".join(said)

    @property
    def text(self) -> str:
        """All that has been made so far, in words."""
        return " ".join(clause for clause, _ in self._clauses)

    def close(self) -> None:
        """Nobody listens any more."""
        if self._maker is not None:
            self._maker.cancel()

    async def _collect(self, parts: AsyncGenerator[Part, None]) -> None:
        try:
            async with aclosing(parts) as closing:
                async for clause, sound in closing:
                    self._add(clause, sound)
        except EngineError as error:
            self.failure = error
        finally:
            self._ended = True
            self._grew.set()

    def _add(self, clause: str, sound: bytes) -> None:
        if self._clauses and self._clauses[-1][0] == clause:
            sound_before = self._clauses.pop()[1]
            self._clauses.append((clause, sound_before + len(sound)))
        else:
            self._clauses.append((clause, len(sound)))
        self._sound += sound
        self._grew.set()
