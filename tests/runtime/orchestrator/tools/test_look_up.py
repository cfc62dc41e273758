"""The operator's own service, and one that was taken over."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.runtime.orchestrator.noted import looks_well
from tests.runtime.orchestrator.short_phrases import PHRASES
from voicectl_runtime.orchestrator.dialogue import Wish
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Rung
from voicectl_runtime.orchestrator.engines.llm import Looked
from voicectl_runtime.orchestrator.thought import Thought
from voicectl_runtime.orchestrator.tools.look_up import LONGEST_BODY, LookUp
from voicectl_runtime.orchestrator.tools.tool import RefusedError
from voicectl_runtime.orchestrator.tools.toolbox import Toolbox
from voicectl_runtime.orchestrator.tools.wanted import ToolCall
from voicectl_runtime.settings import LookUp as Settings

Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[LookUp]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[TestServer] = []
    session = aiohttp.ClientSession()

    async def start(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> LookUp:
        app = web.Application()
        app.router.add_post("/", handler)
        servers.append(TestServer(app))
        await servers[-1].start_server()
        return LookUp(Settings("orders", "Finds orders.", str(servers[-1].make_url("/")), ("number",), 300), session)

    yield start
    await session.close()
    for server in servers:
        await server.close()


async def test_what_it_says(serve: Serve) -> None:
    """JSON out, a line of text in."""
    asked: list[object] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(await request.json())
        return web.Response(text="It arrives\n on Friday. ")

    result = await (await serve(handler)).use({"number": 7})

    assert asked == [{"number": "7"}]
    assert (result.told, result.then) == ("It arrives on Friday.", "listen")


@pytest.mark.parametrize(
    "response",
    [
        lambda: web.Response(text="x" * (LONGEST_BODY + 1)),
        lambda: web.Response(text=""),
        lambda: web.Response(text="a\x1b[2Jb"),
        lambda: web.Response(text="a\u202eb"),
        lambda: web.Response(body=b"\xff\xfe", content_type="text/plain"),
        lambda: web.Response(text="<html>", content_type="text/html"),
        lambda: web.json_response({}),
        lambda: web.Response(text="x", status=404),
        lambda: web.Response(status=302, headers={"Location": "http://example.com/"}),
    ],
)
async def test_hostile_bodies(serve: Serve, response: Callable[[], web.Response]) -> None:
    """Too long, empty, steering a terminal, no text, an error, somewhere else: nothing of it reaches the model."""

    async def handler(_: web.Request) -> web.StreamResponse:
        return response()

    look_up = await serve(handler)
    with pytest.raises(RefusedError):
        await look_up.use({"number": "7"})


async def test_a_service_that_hangs_or_never_ends(serve: Serve) -> None:
    """It has its time, and no more."""

    async def hangs(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    async def drips(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        for _ in range(50):
            await response.write(b"x")
            await asyncio.sleep(0.1)
        return response

    for handler in (hangs, drips):
        look_up = await serve(handler)
        with pytest.raises(RefusedError, match="300 ms"):
            await look_up.use({"number": "7"})


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            {},
            {"other": "7"},
            {"number": "7", "url": "http://x"},
            {"number": None},
            {"number": ["7"]},
            {"number": True},
        ),
        *({"number": ""}, {"number": "7\n"}, {"number": "x" * 201}, {"number": 1.5}, {"number": 10**300}),
        {"number": {"a": 1}},
    ],
)
async def test_hostile_arguments(serve: Serve, arguments: dict[str, object]) -> None:
    """The service is not even asked."""

    async def handler(_: web.Request) -> web.StreamResponse:
        raise AssertionError("asked")

    look_up = await serve(handler)
    with pytest.raises(RefusedError, match="number"):
        await look_up.use(arguments)


class Model:
    """Looks up, and then says what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def answer(self, _: str, __: object, looked: Sequence[Looked]) -> AsyncGenerator[str | ToolCall, None]:
        """One round."""
        yield ""
        if looked:
            self.told = [each.told for each in looked]
            yield "Your order arrives on Friday."
        else:
            yield ToolCall("orders", {"number": "7"})


@pytest.mark.parametrize("is_well", [True, False])
async def test_the_answer_streams_on(serve: Serve, is_well: bool) -> None:
    """A filler while it runs; where it fails the caller is told that they were not understood."""

    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(text="Friday") if is_well else web.Response(status=500)

    model: Any = Model()
    toolbox = Toolbox([await serve(handler)])
    thought = Thought(
        Ladder("llm", 5.0, [Rung("m", model, 0.1, looks_well)]), toolbox, PHRASES, Wish(), lambda *_, **__: None
    )
    said = [clause async for clause in thought.words("Where is it?", [])]

    assert said == [PHRASES.filler[0], "Your order arrives on Friday." if is_well else PHRASES.not_understood]
    assert model.told == (["Friday"] if is_well else [])
