"""Client of llm-service: Ollama's own chat, token by token."""

import logging
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

import httpx
import ollama

from voicectl_runtime.orchestrator.engines.errors import EngineError, refused
from voicectl_runtime.orchestrator.tools.wanted import NOTHING, ToolCall, call_of
from voicectl_runtime.settings import LanguageModel

_log: Final = logging.getLogger(__name__)

CONNECTED_WITHIN_S: Final = 3.0
MOST_EXCHANGES: Final = 6
"""Older exchanges are left out, so that the context never overflows."""
FORGOTTEN_AT_ONCE: Final = 3
"""Exchanges are left out by the threes: whenever the oldest one changes, the model must read all of them anew."""

Exchange = tuple[str, str]
"""What the caller said, and as much of the answer as the caller heard."""


@dataclass(frozen=True)
class Looked:
    """A call that the model made in this turn, with what it was told."""

    call: ToolCall
    told: str


class Llm:
    """Speaks only where the operator allows a model to."""

    def __init__(self, settings: LanguageModel, tools: Sequence[Mapping[str, Any]] = ()) -> None:
        """`tools`: their definitions, a fixed part of every request."""
        self._settings, self._tools = settings, tools
        self._answering = 0
        self._client = ollama.AsyncClient(host=settings.url, timeout=httpx.Timeout(None, connect=CONNECTED_WITHIN_S))
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

        Raises:
            EngineError: there is no answer, or no more of it.
        """
        question = {"role": "user", "content": said}
        with self._failing_as_engine(), self._at_work():
            stream: Any = await self._client.chat(
                model=self._settings.model,
                messages=[*self._messages(history), question, *_messages_of(looked)],
                tools=self._tools,
                stream=True,
                keep_alive=-1,
                options=self._options,
            )
            async with aclosing(stream):
                async for chunk in stream:
                    yield chunk.message.content or ""
                    for call in chunk.message.tool_calls or ():
                        yield call_of(call.model_dump()) or NOTHING

    async def read(self, history: Sequence[Exchange]) -> None:
        """Have what was said so far read before the next question comes, so that only the question is new to the model.

        A model that is at work for a caller is left alone.

        Raises:
            EngineError: it cannot read now.
        """
        if self._answering:
            return
        with self._failing_as_engine():
            await self._client.chat(
                model=self._settings.model,
                messages=self._messages(history),
                tools=self._tools,
                keep_alive=-1,
                options={**self._options, "num_predict": 1},
            )

    async def load(self) -> None:
        """Have the model in memory: where it must be read from disk, that takes longer than a caller waits.

        Raises:
            EngineError: it is not there now.
        """
        with self._failing_as_engine():
            await self._client.generate(model=self._settings.model, keep_alive=-1, options=self._options)

    async def close(self) -> None:
        """Close the kept connections."""
        await self._client.close()  # type: ignore[no-untyped-call]  # the library has no types here

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        self._answering += 1
        try:
            yield
        finally:
            self._answering -= 1

    @contextmanager
    def _failing_as_engine(self) -> Iterator[None]:
        try:
            yield
        except ollama.ResponseError as error:
            if self._tools and "does not support tools" in error.error:
                _log.warning("model_without_tools", extra={"model": self._settings.model})
                self._tools = ()
                why = "the model knows no tools; it is asked again without"
                raise EngineError("llm", why, is_sick=False) from error
            raise refused("llm", error.status_code) from error
        except (httpx.HTTPError, ConnectionError, ValueError) as error:
            raise EngineError("llm", f"{type(error).__name__}: {error}") from error

    def _messages(self, history: Sequence[Exchange]) -> list[dict[str, str]]:
        """The system prompt stays byte-identical and first, so that its part of the cache is never computed again."""
        messages = [{"role": "system", "content": self._settings.instructions}]
        beyond = max(0, len(history) - MOST_EXCHANGES)
        for question, answer in history[ceil(beyond / FORGOTTEN_AT_ONCE) * FORGOTTEN_AT_ONCE :]:
            messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        return messages


def _messages_of(looked: Sequence[Looked]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for each in looked:
        call = {"function": {"name": each.call.name, "arguments": dict(each.call.arguments)}}
        messages += [
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_name": each.call.name, "content": each.told},
        ]
    return messages
