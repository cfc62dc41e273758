"""A voice that remembers what it said: a model repeats its clauses, and the second time nobody waits for the sound."""

from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from voicectl_runtime.orchestrator.engines.tts import Speaker

MOST_BYTES: Final = 16 << 20
"""Seventeen minutes of narrowband. In memory: a model's answer may name a caller, and goes with the process."""


class Remembered:
    """Asks a voice for what it has not heard from it yet, and forgets what was used least lately."""

    def __init__(self, speaker: Speaker, most_bytes: int = MOST_BYTES) -> None:
        self._speaker, self._most_bytes = speaker, most_bytes
        self._sounds: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._bytes = 0

    async def speak(self, text: str, rate_hz: int) -> AsyncGenerator[bytes, None]:
        """As a `Speaker`; what was not made to its end is not remembered."""
        if sound := self._sounds.get((text, rate_hz)):
            self._sounds.move_to_end((text, rate_hz))
            yield sound
            return
        made = bytearray()
        async with aclosing(self._speaker.speak(text, rate_hz)) as pieces:
            async for piece in pieces:
                made += piece
                yield piece
        self._remember((text, rate_hz), bytes(made))

    def _remember(self, asked: tuple[str, int], sound: bytes) -> None:
        # Two calls may have asked for the same at once.
        self._bytes += len(sound) - len(self._sounds.pop(asked, b""))
        self._sounds[asked] = sound
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._sounds.popitem(last=False)[1])
