"""The voice behind its queue, from loading to closing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from aiohttp import web

from voicectl_runtime import settings
from voicectl_runtime.tts.order import Order
from voicectl_runtime.tts.sound import BYTES_PER_SAMPLE, Converter
from voicectl_runtime.tts.text import pieces
from voicectl_runtime.tts.voice import WARM_UP, Voice


class Engine:
    """Loads the voice, proves it with a sentence, and speaks for several callers, piece by piece."""

    def __init__(self, chosen: settings.TextToSpeech, load: Callable[[], Voice]) -> None:
        self._chosen = chosen
        self._load = load
        self._voice: Voice
        self._order = Order()

    async def warm_up(self) -> dict[str, Any]:
        """Load and speak once; the first run of a session allocates what later ones use."""
        self._voice = await asyncio.to_thread(self._load)
        spoken = b"".join([each async for each in self.speak(WARM_UP, 8000, 1)])
        if not spoken:
            raise RuntimeError("the voice gave no sound")
        return {
            "engine": self._chosen.engine,
            "model": self._chosen.model,
            "device": "cpu",
            "threads": self._chosen.threads,
            "voice_rate_hz": self._voice.rate_hz,
        }

    async def speak(self, line: str, rate_hz: int, speed: float) -> AsyncIterator[bytes]:
        """The line's samples, a piece at a time; who stops listening stops the synthesis at the next piece."""
        converter, now_s = Converter(self._voice.rate_hz, rate_hz), asyncio.get_running_loop().time
        runs_out_s = now_s()
        for piece in pieces(line):
            sounds = self._voice.say(piece, speed)
            while (sound := await self._order.run(runs_out_s, partial(next, sounds, None))) is not None:
                spoken = converter.convert(sound)
                runs_out_s = max(runs_out_s, now_s()) + len(spoken) / BYTES_PER_SAMPLE / rate_hz
                yield spoken
        yield converter.rest()

    async def serving(self, _app: web.Application) -> AsyncIterator[None]:
        """An application's clean-up context: it ends the thread."""
        yield
        self._order.close()
