"""Engines that do what they are told, behind the real ones' HTTP: for tests of faults and for benchmarks.

Benchmarks import this too (`python -m benchmarks.NAME` from the repository's root), for engines with fixed delays:

    stubs = StubEngines(hear=lambda pcm: "When do you open?")
    stubs.stt.delay_s, stubs.tts.delay_s = 0.070, 0.060
    await stubs.open()
    url = stubs.stt.url
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from aiohttp import web

RATE_HZ: Final = 8000
PIECE_BYTES: Final = 640
"""40 ms: a voice sends its sound as it is made."""
CHARACTER_MS: Final = 65

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def hum(text: str) -> bytes:
    """Sound as long as the text would take, a tone that nobody takes for silence."""
    cycle = b"".join(int(8000 * s).to_bytes(2, "little", signed=True) for s in (0, 0.7, 1, 0.7, 0, -0.7, -1, -0.7))
    return cycle * (len(text) * CHARACTER_MS)


@dataclass
class Stub:
    """One engine; how it behaves may change in the middle of a call."""

    answer: Handler
    """What it does with a request that nothing below forbids."""
    delay_s: float = 0.0
    """Before the first byte of an answer."""
    instead: Callable[[], web.Response] | None = None
    """Another answer: an error, or nonsense."""
    next: deque[Callable[[], web.Response]] = field(default_factory=deque)
    """Other answers for the next requests alone, one each."""
    url: str = ""
    asked: int = 0
    open: int = 0
    """Requests that are being answered."""
    dropped: int = 0
    """Requests whose client went away before they were answered."""
    was_dropped: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Count, wait, answer."""
        self.asked += 1
        self.open += 1
        try:
            await request.read()
            await asyncio.sleep(self.delay_s)
            instead = self.next.popleft() if self.next else self.instead
            return instead() if instead else await self.answer(request)
        except (asyncio.CancelledError, ConnectionError):
            self.dropped += 1
            self.was_dropped.set()
            raise
        finally:
            self.open -= 1


@dataclass
class StubEngines:
    """All three; what they hear, think and say are plain functions."""

    hear: Callable[[bytes], str] = lambda _: "When do you open?"
    think: Callable[[str], Sequence[str]] = lambda said: [f"{word} " for word in f"You said {said}".split()]
    """From what was said to the tokens of an answer."""
    say: Callable[[str], bytes] = hum
    token_s: float = 0.0
    """Between two tokens."""
    stt: Stub = field(init=False)
    llm: Stub = field(init=False)
    tts: Stub = field(init=False)
    _runners: list[web.AppRunner] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Who answers what."""
        self.stt, self.llm, self.tts = Stub(self._words), Stub(self._tokens), Stub(self._sound)

    async def open(self) -> None:
        """Listen on free ports of loopback."""
        for stub in (self.stt, self.llm, self.tts):
            app = web.Application()
            app.router.add_get("/{health:health|api/version}", _healthy)
            app.router.add_post("/{any:.*}", stub.handle)
            runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
            self._runners.append(runner)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            stub.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def close(self) -> None:
        """Stop listening, and drop what is asked."""
        for runner in self._runners:
            await runner.cleanup()

    async def _words(self, request: web.Request) -> web.StreamResponse:
        text = self.hear(await request.read())
        # Not so sure that nobody would hear it again: what confirms the words is part of a turn.
        doubt = 0.1 if text else 0.9
        return web.json_response({"text": text, "no_speech_prob": doubt, "avg_logprob": -0.5, "inference_ms": 1.0})

    async def _tokens(self, request: web.Request) -> web.StreamResponse:
        asked: Any = await request.json()
        if "messages" not in asked:
            # Without a question it is only told to have its model in memory.
            return web.json_response({"response": "", "done": True})
        said = asked["messages"][-1]["content"]
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        for token in self.think(said):
            await response.write(json.dumps({"message": {"role": "assistant", "content": token}}).encode() + b"\n")
            await asyncio.sleep(self.token_s)
        await response.write(json.dumps({"message": {"role": "assistant", "content": ""}, "done": True}).encode())
        return response

    async def _sound(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        rate_hz = asked["sample_rate"]
        sound = np.frombuffer(self.say(asked["input"]), "<i2").repeat(rate_hz // RATE_HZ).tobytes()
        response = web.StreamResponse(headers={"X-Sample-Rate": str(rate_hz), "Content-Type": "audio/pcm"})
        await response.prepare(request)
        for at in range(0, len(sound), PIECE_BYTES):
            await response.write(sound[at : at + PIECE_BYTES])
        return response


async def _healthy(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok", "version": "stub"})
