"""The engines' clients against small servers of the same contracts that do everything wrong."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from voicectl_runtime.orchestrator.engines.errors import PAUSE_S, EngineError
from voicectl_runtime.orchestrator.engines.llm import MOST_EXCHANGES, Llm, Looked
from voicectl_runtime.orchestrator.engines.stt import SpeechToText, Words
from voicectl_runtime.orchestrator.engines.tts import TextToSpeech
from voicectl_runtime.orchestrator.tools.tool import definition_of
from voicectl_runtime.orchestrator.tools.wanted import ToolCall
from voicectl_runtime.settings import LanguageModel

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SOUND = {"X-Sample-Rate": "8000"}
WORDS = {"text": " When? ", "no_speech_prob": 0.1, "avg_logprob": -0.2, "inference_ms": 70.5}


class Engines:
    """Starts a server for a handler, and has the session that clients share."""

    def __init__(self) -> None:
        self.session = aiohttp.ClientSession()
        self._servers: list[TestServer] = []

    async def serve(self, handler: Handler) -> str:
        """The address of a server that answers every POST with `handler`."""
        app = web.Application()
        app.router.add_post("/{any:.*}", handler)
        server = TestServer(app)
        await server.start_server()
        self._servers.append(server)
        return str(server.make_url("")).rstrip("/")

    async def close(self) -> None:
        """Close all."""
        await self.session.close()
        for server in self._servers:
            await server.close()


@pytest.fixture
async def engines() -> AsyncIterator[Engines]:
    engines = Engines()
    yield engines
    await engines.close()


def always(response: Callable[[], web.Response]) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        return response()

    return handler


async def test_words(engines: Engines) -> None:
    """The audio goes out as it is; the words come back trimmed."""
    got: list[tuple[bytes, str]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        got.append((await request.read(), request.path_qs))
        return web.json_response(WORDS)

    stt = SpeechToText(engines.session, await engines.serve(handler))

    assert await stt.recognise(b"\1\0") == Words("When?", 0.1, -0.2, 70.5)
    await stt.recognise(b"\1\0", hints="root, don't & é")
    assert got == [
        (b"\1\0", "/v1/audio/raw?sample_rate=8000&window=short"),
        (b"\1\0", "/v1/audio/raw?sample_rate=8000&window=short&hints=root,+don't+%26+%C3%A9"),
    ]


@pytest.mark.parametrize(
    ("words", "imagined"),
    [
        (Words("", 0.0, 0.0), True),
        (Words("Thank you.", 0.9, -1.5), True),
        (Words("Thank you.", 0.9, -0.3), False),
        (Words("Yes.", 0.1, -1.5), False),
    ],
)
def test_imagined_words(words: Words, imagined: bool) -> None:
    """Only what the recogniser itself doubts twice is dropped."""
    assert words.are_imagined is imagined


@pytest.mark.parametrize(
    "response",
    [
        lambda: web.Response(status=500),
        lambda: web.Response(text="<html>", content_type="text/html"),
        lambda: web.json_response({"text": "x"}),
        lambda: web.json_response([]),
        lambda: web.json_response({**WORDS, "text": None}),
    ],
)
async def test_a_recogniser_that_errs(engines: Engines, response: Callable[[], web.Response]) -> None:
    """Whatever it answers, the call gets one kind of error."""
    stt = SpeechToText(engines.session, await engines.serve(always(response)))

    with pytest.raises(EngineError, match="stt"):
        await stt.recognise(b"\0\0")


async def test_giving_up_closes_the_request(engines: Engines) -> None:
    """The recogniser learns that nobody waits any more."""
    asked, noticed = asyncio.Event(), asyncio.Event()

    async def handler(_: web.Request) -> web.StreamResponse:
        asked.set()
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            noticed.set()
            raise
        return web.Response()

    stt = SpeechToText(engines.session, await engines.serve(handler))
    task = asyncio.create_task(stt.recognise(b"\0\0"))
    async with asyncio.timeout(5):
        await asked.wait()
        task.cancel()
        await noticed.wait()


@pytest.mark.parametrize(
    ("status", "headers", "again_after_s", "is_sick"),
    [
        (500, {}, PAUSE_S, True),
        (502, {}, PAUSE_S, True),
        (503, {}, PAUSE_S, True),
        (503, {"Retry-After": "4"}, 4.0, True),
        (429, {}, PAUSE_S, False),
        (429, {"Retry-After": "1"}, 1.0, False),
        (429, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, float("inf"), False),
        (429, {"Retry-After": "-1"}, float("inf"), False),
        (404, {}, None, False),
        (422, {"Retry-After": "1"}, None, False),
    ],
)
async def test_what_a_status_means(
    engines: Engines, status: int, headers: dict[str, str], again_after_s: float | None, is_sick: bool
) -> None:
    """Busy is not broken, and what was refused once is refused again."""
    url = await engines.serve(always(lambda: web.Response(status=status, headers=headers)))

    for work in (SpeechToText(engines.session, url).recognise(b"\0\0"), collect(TextToSpeech(engines.session, url))):
        with pytest.raises(EngineError) as failure:
            await work
        assert (failure.value.again_after_s, failure.value.is_sick) == (again_after_s, is_sick)


async def test_a_service_that_is_not_there(engines: Engines) -> None:
    """Is an engine's failure like any other."""
    with pytest.raises(EngineError, match="stt"):
        await SpeechToText(engines.session, "http://127.0.0.1:1").recognise(b"\0\0")
    with pytest.raises(EngineError, match="tts"):
        await collect(TextToSpeech(engines.session, "http://127.0.0.1:1"))


async def collect(tts: TextToSpeech) -> list[bytes]:
    async with aclosing(tts.speak("Hello.", 8000)) as pieces:
        return [piece async for piece in pieces]


async def test_sound(engines: Engines) -> None:
    """Comes in whole samples, however the network cuts it."""

    async def handler(request: web.Request) -> web.StreamResponse:
        assert await request.json() == {"input": "Hello.", "response_format": "pcm", "sample_rate": 8000}
        response = web.StreamResponse(headers=SOUND)
        await response.prepare(request)
        for piece in (b"\1", b"\0\2", b"\0\3\0\4\0"):
            await response.write(piece)
            await asyncio.sleep(0)
        return response

    pieces = await collect(TextToSpeech(engines.session, await engines.serve(handler)))

    assert b"".join(pieces) == b"\1\0\2\0\3\0\4\0"
    assert all(len(piece) % 2 == 0 for piece in pieces)


@pytest.mark.parametrize(
    "response",
    [
        lambda: web.Response(status=500),
        lambda: web.Response(text="<html>", content_type="text/html"),
        lambda: web.Response(body=b"\0\0", headers={"X-Sample-Rate": "24000"}),
    ],
)
async def test_a_voice_that_errs(engines: Engines, response: Callable[[], web.Response]) -> None:
    """Error pages and other rates are never played."""
    tts = TextToSpeech(engines.session, await engines.serve(always(response)))

    with pytest.raises(EngineError, match="tts"):
        await collect(tts)


async def test_dropping_a_speech_closes_its_request(engines: Engines) -> None:
    """The engine notices, and stops."""
    noticed = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=SOUND)
        await response.prepare(request)
        try:
            while True:
                await response.write(bytes(320))
                await asyncio.sleep(0)
        except (ConnectionError, asyncio.CancelledError):
            noticed.set()
            raise

    tts = TextToSpeech(engines.session, await engines.serve(handler))
    async with aclosing(tts.speak("Hello.", 8000)) as pieces:
        await anext(pieces)

    async with asyncio.timeout(5):
        await noticed.wait()


def model(engines: Engines, url: str, tools: Sequence[Mapping[str, Any]] = ()) -> Llm:
    settings = LanguageModel(url, "qwen", context_tokens=2048, longest_answer_tokens=60, instructions="Be brief.")
    return Llm(engines.session, settings, tools)


async def test_a_model_answers_token_by_token(engines: Engines) -> None:
    """One fixed set of options, the system prompt first, and the history as it was heard."""
    asked: list[dict[str, object]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(await request.json())
        lines = [json.dumps({"message": {"role": "assistant", "content": word}}) for word in ("At ", "nine.")]
        return web.Response(text="\n".join(lines), content_type="application/x-ndjson")

    llm = model(engines, await engines.serve(handler))
    tokens = [token async for token in llm.answer("And on Sunday?", [("When?", "At nine.")])]

    assert tokens == ["At ", "nine."]
    assert asked[0]["keep_alive"] == -1
    assert asked[0]["options"] == {"num_ctx": 2048, "num_batch": 512, "num_predict": 60}
    assert asked[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "When?"},
        {"role": "assistant", "content": "At nine."},
        {"role": "user", "content": "And on Sunday?"},
    ]


async def test_a_model_reads_ahead(engines: Engines) -> None:
    """All but the question's words, byte for byte what they will follow; and not while it works for a caller."""
    asked: list[dict[str, Any]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(await request.json())
        return web.Response(text=json.dumps({"message": {"role": "assistant", "content": "Hi"}}))

    history = [("When?", "At nine.")]
    llm = model(engines, await engines.serve(handler))
    await llm.read(history)
    async with aclosing(llm.answer("And on Sunday?", history)) as tokens:
        await anext(tokens)
        await llm.read(history)
    await llm.read([])

    reading, answering, reading_again = asked
    assert reading["messages"] == [*answering["messages"][:-1], {"role": "user", "content": ""}]
    assert reading["options"] == {**answering["options"], "num_predict": 1}
    assert reading_again["messages"][:-1] == answering["messages"][:1]


async def test_reading_ends_where_a_caller_waits(engines: Engines) -> None:
    """The request is closed, and the model is free for the answer."""
    has_come, was_closed = asyncio.Event(), asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        if (await request.json())["stream"]:
            return web.Response(text=json.dumps({"message": {"role": "assistant", "content": "Hi"}}))
        has_come.set()
        try:
            never: asyncio.Future[web.StreamResponse] = asyncio.get_running_loop().create_future()
            return await never
        finally:
            was_closed.set()

    llm = model(engines, await engines.serve(handler))
    reading = asyncio.create_task(llm.read([("When?", "At nine.")]))
    async with asyncio.timeout(10):
        await has_come.wait()
        async with aclosing(llm.answer("And on Sunday?", [])) as tokens:
            assert await anext(tokens) == "Hi"
        await was_closed.wait()
        with pytest.raises(TimeoutError):
            await reading


async def test_a_model_forgets_in_leaps(engines: Engines) -> None:
    """What it has read stays the beginning of what it reads next, but for one turn in six."""
    asked: list[list[object]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append((await request.json())["messages"])
        return web.Response(text=json.dumps({"message": {"role": "assistant", "content": "Hi"}}))

    llm = model(engines, await engines.serve(handler))
    for length in range(20):
        await llm.read([(f"q{each}", f"a{each}") for each in range(length)])

    read = [messages[:-1] for messages in asked]
    kept = [after[: len(before)] == before for before, after in itertools.pairwise(read)]
    assert max(len(each) for each in read) == 1 + 2 * MOST_EXCHANGES
    assert [length for length, is_kept in enumerate(kept, 1) if not is_kept] == [10, 16]


async def test_a_model_calls_a_tool(engines: Engines) -> None:
    """Its definition is in every request, and what came of it follows what was said."""
    asked: list[dict[str, Any]] = []
    call = {"function": {"name": "orders", "arguments": {"number": "7"}}}

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(await request.json())
        message = {"role": "assistant", "content": "", "tool_calls": [call]}
        return web.Response(text=json.dumps({"message": message}), content_type="application/x-ndjson")

    definition = definition_of("orders", "Finds orders.", {"number": {"type": "string"}})
    llm = model(engines, await engines.serve(handler), [definition])
    pieces = [piece async for piece in llm.answer("Where is it?", [])]
    [_ async for _ in llm.answer("Where is it?", [], [Looked(ToolCall("orders", {"number": "7"}), "On its way.")])]

    assert pieces == ["", ToolCall("orders", {"number": "7"})]
    assert [each["tools"] for each in asked] == [[definition], [definition]]
    assert asked[1]["messages"][:2] == asked[0]["messages"]
    assert asked[1]["messages"][2]["tool_calls"] == [call]
    assert asked[1]["messages"][3] == {"role": "tool", "tool_name": "orders", "content": "On its way."}


async def test_a_model_is_told_what_was_typed(engines: Engines) -> None:
    """Nothing was said, so nobody asks: the tool's word comes right after the model's own question."""
    asked: list[dict[str, Any]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append(await request.json())
        return web.Response(text=json.dumps({"message": {"role": "assistant", "content": "Thank you."}}))

    llm = model(engines, await engines.serve(handler))
    typed = Looked(ToolCall("collect_digits", {"most": 4}), "The caller typed 4711.")
    [_ async for _ in llm.answer("", [("Am I in?", "Type it."), ("", "And again.")], [typed])]

    roles = ["system", "user", "assistant", "assistant", "assistant", "tool"]
    assert [each["role"] for each in asked[0]["messages"]] == roles
    assert asked[0]["messages"][-1]["content"] == "The caller typed 4711."


async def test_a_model_that_knows_no_tools(engines: Engines) -> None:
    """Is asked again without them, and from then on."""
    asked: list[object] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append((await request.json()).get("tools"))
        if asked[-1]:
            return web.json_response({"error": "qwen does not support tools"}, status=400)
        return web.Response(text=json.dumps({"message": {"role": "assistant", "content": "Hi"}}))

    llm = model(engines, await engines.serve(handler), [definition_of("end_call", "x", {})])
    with pytest.raises(EngineError) as failure:
        await anext(llm.answer("Hello.", []))
    tokens = [token async for token in llm.answer("Hello.", [])]

    assert failure.value.again_after_s is not None
    assert not failure.value.is_sick
    assert tokens == ["Hi"]


@pytest.mark.parametrize(("status", "is_sick"), [(404, False), (429, False), (500, True), (503, True)])
async def test_a_model_that_errs(engines: Engines, status: int, is_sick: bool) -> None:
    """Missing, broken or busy: one kind of error."""
    llm = model(engines, await engines.serve(always(lambda: web.json_response({"error": "x"}, status=status))))

    with pytest.raises(EngineError, match="llm") as failure:
        await anext(llm.answer("x", []))

    assert failure.value.is_sick is is_sick


async def test_loading_a_model(engines: Engines) -> None:
    """Without a prompt, under the same options: others would load it a second time."""
    asked: list[dict[str, object]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        asked.append({"path": request.path, **await request.json()})
        return web.json_response({"response": "", "done": True})

    llm = model(engines, await engines.serve(handler))
    await llm.load()

    assert [(each["path"], each["keep_alive"], each.get("prompt")) for each in asked] == [("/api/generate", -1, None)]
    assert asked[0]["options"] == {"num_ctx": 2048, "num_batch": 512, "num_predict": 60}
