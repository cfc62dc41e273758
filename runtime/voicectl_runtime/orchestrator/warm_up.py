"""What must have worked once before the first call: every engine, and every phrase that is said often."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import fields
from typing import Final

from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.ladder import first_of
from voicectl_runtime.orchestrator.engines.llm import Llm
from voicectl_runtime.orchestrator.engines.stt import SpeechToText
from voicectl_runtime.orchestrator.script.dialogue import Phrases, Script
from voicectl_runtime.orchestrator.voice import Voice

_log: Final = logging.getLogger(__name__)

AGAIN_S: Final = 0.5
LLM_LOADS_S: Final = 300.0
"""Reading a large model from a slow disk."""
LLM_LOOK_S: Final = 5.0
STT_LOADS_S: Final = 30.0
SECOND_OF_SILENCE: Final = bytes(16000)


async def until_it_works(what: str, within_s: float | None, attempt: Callable[[], Awaitable[object]]) -> None:
    """Try again and again: the engines start beside this process and take as long as they take."""
    said = ""
    while True:
        try:
            async with asyncio.timeout(within_s):
                await attempt()
        except (EngineError, TimeoutError) as error:
            if (why := str(error) or f"no answer within {within_s} s") != said:
                _log.info("waiting_for_engine", extra={"engine": what, "why": why})
                said = why
            await asyncio.sleep(AGAIN_S)
        else:
            _log.info("engine_is_warm", extra={"engine": what})
            return


async def warm_up(stt: SpeechToText, llm: Llm | None, voice: Voice, script: Script, greeting: str) -> None:
    """Return when all engines have answered and every fixed phrase is on disk."""
    phrases = named(script.phrases)
    texts = list(sentences(script, greeting))
    waits = [
        until_it_works("stt", STT_LOADS_S, lambda: stt.recognise(SECOND_OF_SILENCE)),
        until_it_works("tts", None, lambda: voice.keep(texts)),
    ]
    if llm is not None:
        waits.append(until_it_works("llm", LLM_LOADS_S, lambda: first_of(llm.answer("Hello.", []))))
    await asyncio.gather(*waits)
    for name, text in phrases.items():
        voice.name(name, text)


def named(phrases: Phrases) -> dict[str, str]:
    """The phrases that have one wording, by name; the dialplan plays them by that name."""
    return {each.name: getattr(phrases, each.name) for each in fields(phrases) if each.name != "filler"}


def sentences(script: Script, greeting: str) -> Iterable[str]:
    """All that the agent ever says word for word."""
    fixed = named(script.phrases)
    yield greeting
    yield from fixed.values()
    yield from script.phrases.filler
    yield f"{fixed['nobody_free']} {fixed['take_message']}"
    yield f"{fixed['apology']} {fixed['goodbye']}"
    yield from (answer.say for answer in script.answers if answer.say)


async def keep_loaded(llm: Llm) -> None:
    """After a restart llm-service has no model in memory, and a caller who gives up ends the loading with the request.

    So somebody who is patient asks for it, again and again; where it is loaded that costs nothing.
    """
    while True:
        await asyncio.sleep(LLM_LOOK_S)
        with contextlib.suppress(EngineError, TimeoutError):
            async with asyncio.timeout(LLM_LOADS_S):
                await llm.load()
