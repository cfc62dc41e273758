"""Client of llm-service: Ollama's own chat, token by token."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

import aiohttp

from voicectl_runtime.orchestrator.engines.errors import EngineError, refused
from voicectl_runtime.orchestrator.tools.wanted import NOTHING, ToolCall, call_of
from voicectl_runtime.settings import LanguageModel

_log: Final = logging.getLogger(__name__)

UNTIL_CLOSED: Final = aiohttp.ClientTimeout(total=None, sock_connect=3.0)
"""Whoever listens knows how long the caller may wait."""
LONGEST_READING_S: Final = 20.0
MOST_EXCHANGES: Final = 9
"""Older exchanges are left out, so that the context never overflows."""
FORGOTTEN_AT_ONCE: Final = 6
"""Whenever the oldest exchange changes, the model must read all of them anew, for seconds on a processor: so it happens
seldom, and leaves few to read."""

Exchange = tuple[str, str]
"""What the caller said (nothing where keys were pressed), and as much of the answer as the caller heard."""


@dataclass(frozen=True)
class Looked:
    """A call that the model made in this turn, with what it was told."""

    call: ToolCall
    told: str


class Llm:
    """Speaks only where the operator allows a model to.

    Ollama's own client costs a turn 7 ms of processor time, most of it in objects that are made of every token; its
    protocol is lines of JSON, which cost less than one.
    """

    def __init__(
        self, session: aiohttp.ClientSession, settings: LanguageModel, tools: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """`tools`: their definitions, a fixed part of every request."""
        self._session, self._settings, self._tools = session, settings, tools
        self._answering = 0
        self._readings: set[asyncio.Timeout] = set()
        # One fixed set: another num_ctx would reload the model in the middle of a call.
        self._options = {
            "num_ctx": settings.context_tokens,
            "num_batch": 512,
            "num_predict": settings.longest_answer_tokens,
        }

    async def answer(
        self, said: str, history: Sequence[Exchange], looked: Sequence[Looked] = ()
    ) -> AsyncGenerator[str | ToolCall, None]:
        """The tokens of the answer and the tool calls in it; closing the iterator closes the request, and Ollama stops.

        Nothing needs to have been `said` where a tool has something to tell.

        Raises:
            EngineError: there is no answer, or no more of it.
        """
        messages = [*self._messages(history), *_question(said), *_messages_of(looked)]
        with self._at_work():
            async with self._asked("chat", messages=messages, tools=self._tools, stream=True) as response:
                async for line in response.content:
                    chunk = json.loads(line)
                    if "error" in chunk:
                        raise EngineError("llm", f"broke off: {chunk['error']}")
                    yield chunk["message"].get("content") or ""
                    for call in chunk["message"].get("tool_calls") or ():
                        yield call_of(call) or NOTHING

    async def read(self, history: Sequence[Exchange]) -> None:
        """Have what was said so far read before the next question comes, so that only the question is new to the model.

        A model that is at work for a caller is left alone, and as soon as one waits for it, reading ends.

        Raises:
            EngineError: it cannot read now.
            TimeoutError: a caller wants an answer.
        """
        if self._answering:
            return
        options = {**self._options, "num_predict": 1}
        # The beginning of the next question is always the same.
        messages = [*self._messages(history), {"role": "user", "content": ""}]
        async with asyncio.timeout(LONGEST_READING_S) as limit:
            self._readings.add(limit)
            try:
                async with self._asked("chat", messages=messages, tools=self._tools, options=options) as response:
                    await response.read()
            finally:
                self._readings.discard(limit)

    async def load(self) -> None:
        """Have the model in memory: where it must be read from disk, that takes longer than a caller waits.

        Raises:
            EngineError: it is not there now.
        """
        async with self._asked("generate") as response:
            await response.read()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        self._answering += 1
        for reading in self._readings:
            reading.reschedule(0)
        try:
            yield
        finally:
            self._answering -= 1

    @asynccontextmanager
    async def _asked(self, what: str, **wanted: object) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer with status 200; whatever else comes, or fails while it is read, is an `EngineError`."""
        asked = {"model": self._settings.model, "stream": False, "keep_alive": -1, "options": self._options, **wanted}
        address = f"{self._settings.url}/api/{what}"
        try:
            async with self._session.post(address, json=asked, timeout=UNTIL_CLOSED) as response:
                if not response.ok:
                    raise self._refused(response.status, await response.text())
                yield response
        except (aiohttp.ClientError, ConnectionError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineError("llm", f"{type(error).__name__}: {error}") from error

    def _refused(self, status: int, why: str) -> EngineError:
        if self._tools and "does not support tools" in why:
            _log.warning("model_without_tools", extra={"model": self._settings.model})
            self._tools = ()
            return EngineError("llm", "the model knows no tools; it is asked again without", is_sick=False)
        return refused("llm", status)

    def _messages(self, history: Sequence[Exchange]) -> list[dict[str, str]]:
        """The system prompt stays byte-identical and first, so that its part of the cache is never computed again."""
        messages = [{"role": "system", "content": self._settings.instructions}]
        beyond = max(0, len(history) - MOST_EXCHANGES)
        for question, answer in history[ceil(beyond / FORGOTTEN_AT_ONCE) * FORGOTTEN_AT_ONCE :]:
            messages += [*_question(question), {"role": "assistant", "content": answer}]
        return messages


def _question(said: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": said}] if said else []


def _messages_of(looked: Sequence[Looked]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for each in looked:
        call = {"function": {"name": each.call.name, "arguments": dict(each.call.arguments)}}
        messages += [
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_name": each.call.name, "content": each.told},
        ]
    return messages
