"""The recogniser behind its queue, from loading to closing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from aiohttp import web

from voicectl_runtime import settings
from voicectl_runtime.stt.batches import Batches
from voicectl_runtime.stt.lately import Lately
from voicectl_runtime.stt.utterance import RATE_HZ, SHORT_WINDOW_S, Encoded, Transcript, Utterance

GATHER_S: Final = 0.006
"""How long the first of a batch waits for others, when the encoder is idle."""


class Model(Protocol):
    """What the engine needs of a recogniser; tests bring their own."""

    def prompt(self, language: str, hints: str = "") -> list[int]:
        """How to ask for a language, with words that may be expected."""

    def encode(self, batch: Sequence[Utterance]) -> list[Encoded]:
        """The first half, for utterances that have the same window."""

    def decode(self, batch: Sequence[Encoded], prompt: Sequence[int]) -> list[Transcript]:
        """The second half: their words."""


@dataclass(frozen=True, eq=False)
class Hearing:
    """What was encoded, and how its words are asked for."""

    encoded: Encoded
    prompt: tuple[int, ...]


class Engine:
    """Loads the model, proves it with a second of sound, and serves batches of it.

    Encoder and decoder have a queue each: the next caller is encoded while the one before is decoded, and whoever goes
    on speaking, so that their words are no longer wanted, is in nobody's way after half the work.
    """

    def __init__(self, chosen: settings.SpeechToText, language: str, load: Callable[[], Model]) -> None:
        self._chosen = chosen
        self._language = language
        self._load = load
        self._model: Model
        self._encodings = Batches(self._encode, lambda each: each.window_s, GATHER_S)
        self._decodings = Batches(self._decode, lambda each: (each.encoded.utterance.window_s, each.prompt))
        self._lately = Lately()

    async def warm_up(self) -> dict[str, Any]:
        """Load and transcribe once: a library that does not fit the device shows itself only then."""
        self._model = await asyncio.to_thread(self._load)
        hiss = np.random.default_rng(0).normal(0, 0.05, RATE_HZ).astype(np.float32)
        await self.transcribe([Utterance(hiss, SHORT_WINDOW_S)], self._language)
        return {
            "engine": "faster-whisper",
            "model": self._chosen.model,
            "device": self._chosen.device,
            "compute_type": self._chosen.compute_type,
            "threads": self._chosen.threads,
        }

    async def transcribe(self, pieces: Sequence[Utterance], language: str, hints: str = "") -> list[Transcript]:
        """Every piece, in order; pieces of one recording share batches with other calls that have the same hints."""
        prompt = tuple(self._model.prompt(language, hints))
        return await asyncio.gather(*(self._transcript(each, prompt) for each in pieces))

    async def _transcript(self, piece: Utterance, prompt: tuple[int, ...]) -> Transcript:
        encoded = self._lately.encoded(piece)
        if encoded is None:
            encoded = await self._encodings.ask(piece)
            self._lately.keep(encoded)
        return await self._decodings.ask(Hearing(encoded, prompt))

    def _encode(self, batch: Sequence[Utterance]) -> list[Encoded]:
        return self._model.encode(batch)

    def _decode(self, batch: Sequence[Hearing]) -> list[Transcript]:
        return self._model.decode([each.encoded for each in batch], batch[0].prompt)

    async def serving(self, _app: web.Application) -> AsyncIterator[None]:
        """An application's clean-up context: the queues are served as long as the application runs."""
        queues = (self._encodings, self._decodings)
        tasks = [asyncio.create_task(each.serve()) for each in queues]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for each in queues:
            each.close()
