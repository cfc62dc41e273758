"""The recogniser behind its queue, from loading to closing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol

import numpy as np
from aiohttp import web

from voicectl_runtime import settings
from voicectl_runtime.stt.batches import Batches
from voicectl_runtime.stt.utterance import RATE_HZ, SHORTEST_WINDOW_S, Transcript, Utterance


class Model(Protocol):
    """What the engine needs of a recogniser; tests bring their own."""

    def prompt(self, language: str, hints: str = "") -> list[int]:
        """How to ask for a language, with words that may be expected."""

    def recognise(self, batch: Sequence[Utterance], prompt: Sequence[int]) -> list[Transcript]:
        """Transcribe utterances that have the same window."""


class Engine:
    """Loads the model, proves it with a second of sound, and serves batches of it."""

    def __init__(self, chosen: settings.SpeechToText, language: str, load: Callable[[], Model]) -> None:
        self._chosen = chosen
        self._language = language
        self._load = load
        self._model: Model
        self._batches = Batches(self._recognise)

    async def warm_up(self) -> dict[str, Any]:
        """Load and transcribe once: a library that does not fit the device shows itself only then."""
        self._model = await asyncio.to_thread(self._load)
        hiss = np.random.default_rng(0).normal(0, 0.05, RATE_HZ).astype(np.float32)
        await self.transcribe([Utterance(hiss, SHORTEST_WINDOW_S)], self._language)
        return {
            "engine": "faster-whisper",
            "model": self._chosen.model,
            "device": self._chosen.device,
            "compute_type": self._chosen.compute_type,
            "threads": self._chosen.threads,
        }

    async def transcribe(self, pieces: Sequence[Utterance], language: str, hints: str = "") -> list[Transcript]:
        """Every piece, in order; pieces of one recording share batches with other calls that have the same hints."""
        prompt = self._model.prompt(language, hints)
        return await asyncio.gather(*(self._batches.transcribe(each, prompt) for each in pieces))

    def _recognise(self, batch: Sequence[Utterance], prompt: Sequence[int]) -> list[Transcript]:
        return self._model.recognise(batch, prompt)

    async def serving(self, _app: web.Application) -> AsyncIterator[None]:
        """An application's clean-up context: the queue is served as long as the application runs."""
        task = asyncio.create_task(self._batches.serve())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self._batches.close()
