"""A deployed agent at the end of bad lines: its orchestrator alone is told to ask for its engines elsewhere."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any, Final

import aiohttp
from aiohttp import web

from tests.stubs.bad_engine import BadEngine
from tests.stubs.engines import Handler, StubEngines
from tests.wire.inside import Inside

MODEL: Final = {
    "model": "stub",
    "context_tokens": 2048,
    "longest_answer_tokens": 60,
    "instructions": "You answer the phone of a clinic. Be brief.",
}
KEPT_HEADERS: Final = ("Content-Type", "X-Sample-Rate")
TOKEN_S: Final = 0.013


class BadLines:
    """Before the real stt and tts, and before a model that says what a test wants; on a thread of their own."""

    def __init__(self) -> None:
        self.sentence = ""
        """What the model answers."""
        self.healed_s = 0.0
        """When all was well again."""
        self._engines: dict[str, BadEngine] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open = AsyncExitStack()

    def start(self, stt: str, tts: str) -> dict[str, str]:
        """Where to ask for each engine from now on."""
        self._thread.start()
        self._do(self._start(stt, tts))
        return {name: engine.proxy.url for name, engine in self._engines.items()}

    def becomes(self, name: str, how: str) -> None:
        """From now on an engine, or the line to it, is so: the words are those of `bad_engine.py`, and `dead`."""
        engine = self._engines[name]
        if how == "dead":
            self._do(engine.proxy.close())
        elif how.startswith("once "):
            engine.fails_once(how.removeprefix("once "))
        else:
            engine.becomes(how)

    def heal(self) -> None:
        """All is well again."""
        for engine in self._engines.values():
            engine.stub.next.clear()
            engine.proxy.next.clear()
            engine.becomes("0")
            engine.becomes("ok")
            # What is still hanging would hang for ever.
            self._do(engine.proxy.close())
            self._do(engine.proxy.open())
        self.healed_s = time.monotonic()

    def stop(self) -> None:
        """Nobody asks any more."""
        self._do(self._open.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self, stt: str, tts: str) -> None:
        session = await self._open.enter_async_context(aiohttp.ClientSession())
        stubs = StubEngines(think=lambda _: [f"{word} " for word in self.sentence.split()], token_s=TOKEN_S)
        stubs.stt.answer, stubs.tts.answer = _passing_on(session, stt), _passing_on(session, tts)
        await stubs.open()
        self._open.push_async_callback(stubs.close)
        for name in ("stt", "llm", "tts"):
            engine = self._engines[name] = BadEngine(getattr(stubs, name))
            await engine.proxy.open()
            self._open.push_async_callback(engine.proxy.close)

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


def _passing_on(session: aiohttp.ClientSession, url: str) -> Handler:
    """What the real engine answers, as it comes."""

    async def handle(request: web.Request) -> web.StreamResponse:
        kind = {"Content-Type": request.headers["Content-Type"]}
        async with session.post(f"{url}{request.path_qs}", data=await request.read(), headers=kind) as answer:
            kept = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            async for piece in answer.content.iter_any():
                await response.write(piece)
            return response

    return handle


@contextmanager
def told_otherwise(inside: Inside, change: Callable[[dict[str, Any]], object]) -> Iterator[None]:
    """The orchestrator alone works by changed settings; afterwards by those that were deployed."""
    file = inside.agent.prefix / "etc" / "settings.json"
    deployed = file.read_text(encoding="utf-8")
    settings = json.loads(deployed)
    change(settings)
    try:
        file.write_text(json.dumps(settings), encoding="utf-8")
        inside.supervise("restart", "orchestrator")
        inside.wait_until_ready()
        yield
    finally:
        file.write_text(deployed, encoding="utf-8")
        inside.supervise("restart", "orchestrator")
        inside.wait_until_ready()


@contextmanager
def on_bad_lines(inside: Inside, change: Callable[[dict[str, Any]], object]) -> Iterator[BadLines]:
    """The agent with a language model, a short greeting, and whatever else is changed."""
    lines = BadLines()
    asked = lines.start(inside.settings["stt"][0]["url"], inside.settings["tts"][0]["url"])

    def lead(settings: dict[str, Any]) -> None:
        settings["stt"][0]["url"], settings["tts"][0]["url"] = asked["stt"], asked["tts"]
        settings["llm"] = {"url": asked["llm"], **MODEL}
        settings["agent"] |= {"greeting": "Good morning.", "disclosure": ""}
        change(settings)

    try:
        with told_otherwise(inside, lead):
            yield lines
    finally:
        lines.stop()
