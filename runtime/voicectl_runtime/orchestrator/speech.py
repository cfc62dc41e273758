"""Something that the agent says: sound that may still be growing while its beginning is already heard."""

import asyncio
import re
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Final

from voicectl_runtime.orchestrator.band import NARROW, Band
from voicectl_runtime.orchestrator.engines.errors import EngineError

_CLAUSE: Final = re.compile(r".+?(?:[,;:.!?]\s+|$)", re.DOTALL)

Part = tuple[str, bytes]
"""A clause with the next piece of its sound."""


class Speech:
    """Either a file that was rendered before, or sound that an engine makes right now."""

    def __init__(self, text: str, file: Path | None = None, band: Band = NARROW) -> None:
        self.band: Final = band
        self.file: Final = file
        self.failure: EngineError | None = None
        self.sound = bytearray()
        """All that has been made so far; empty where there is a file."""
        self.has_ended = file is not None
        """No more sound will come."""
        self._clauses: list[tuple[str, int]] = [(text, file.stat().st_size)] if file else []
        self._grew = asyncio.Event()
        self._maker: asyncio.Task[None] | None = None

    @classmethod
    def made_by(cls, parts: AsyncGenerator[Part, None], band: Band = NARROW) -> "Speech":
        """Begin to collect what an engine makes; `close` ends that, at the engine too."""
        speech = cls("", band=band)
        speech._maker = asyncio.create_task(speech._collect(parts))
        return speech

    async def reach(self, length: int) -> None:
        """Wait until `length` bytes of sound are there; fewer only where the speech has ended."""
        while len(self.sound) < length and not self.has_ended:
            self._grew.clear()
            await self._grew.wait()

    async def whole(self) -> None:
        """Wait until no more sound will come."""
        await self.reach(sys.maxsize)

    async def begun(self) -> None:
        """Wait for the first sound.

        Raises:
            EngineError: there will be none.
        """
        await self.reach(1)
        if self.failure and not self.sound:
            raise self.failure

    def said_until(self, heard_ms: float) -> str:
        """The clauses of which the caller heard more than half; within one sound their length in letters decides."""
        said, began = [], 0.0
        for text, size in self._clauses:
            for clause in _CLAUSE.findall(text):
                length = size * len(clause) / len(text)
                if heard_ms * self.band.bytes_per_ms >= began + length / 2:
                    said.append(clause.strip())
                began += length
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
            self.has_ended = True
            self._grew.set()

    def _add(self, clause: str, sound: bytes) -> None:
        if self._clauses and self._clauses[-1][0] == clause:
            sound_before = self._clauses.pop()[1]
            self._clauses.append((clause, sound_before + len(sound)))
        else:
            self._clauses.append((clause, len(sound)))
        self.sound += sound
        self._grew.set()
