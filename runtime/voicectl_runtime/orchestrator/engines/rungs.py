"""The engines of this agent, each with those that stand in for it, and how long a caller may wait for each."""

import random
from collections.abc import Sequence
from typing import Final

import aiohttp

from voicectl_runtime.orchestrator.band import NARROW
from voicectl_runtime.orchestrator.engines.espeak import Espeak
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Rung, first_of
from voicectl_runtime.orchestrator.engines.llm import Llm
from voicectl_runtime.orchestrator.engines.remembered import Remembered
from voicectl_runtime.orchestrator.engines.stt import SpeechToText
from voicectl_runtime.orchestrator.engines.tts import Speaker, TextToSpeech
from voicectl_runtime.orchestrator.tools.tool import Tool
from voicectl_runtime.orchestrator.tools.toolbox import definitions_of
from voicectl_runtime.settings import Settings

# With the filler at 1.2 s between them, no caller waits more than three seconds without knowing why.
TRANSCRIPT_S: Final = 2.5
FIRST_TOKEN_S: Final = 3.0
FIRST_AUDIO_S: Final = 1.5

# What each takes on a machine that is busy with other calls.
STT_NEEDS_S: Final = 0.6
LLM_NEEDS_S: Final = 1.0
TTS_NEEDS_S: Final = 0.4
ESPEAK_NEEDS_S: Final = 0.2

HISS: Final = random.Random(0).randbytes(16_000)  # noqa: S311 - noise, not a secret
"""A second that a recogniser must listen to before it knows that nothing was said."""


def stt_of(settings: Settings, session: aiohttp.ClientSession) -> Ladder[SpeechToText]:
    """Recognisers."""
    rungs = [Rung(each.model, SpeechToText(session, each.url), STT_NEEDS_S, hears) for each in settings.stt]
    return Ladder("stt", TRANSCRIPT_S, rungs)


def tts_of(settings: Settings, session: aiohttp.ClientSession) -> Ladder[Speaker]:
    """Voices; the last one needs no service."""
    rungs = [_remembering(each.model, TextToSpeech(session, each.url)) for each in settings.tts]
    last = Espeak(settings.last_voice.program, settings.last_voice.voice)
    return Ladder("tts", FIRST_AUDIO_S, [*rungs, Rung("espeak-ng", last, ESPEAK_NEEDS_S, says_hello)])


def llm_of(settings: Settings, session: aiohttp.ClientSession, tools: Sequence[Tool]) -> Ladder[Llm] | None:
    """The language model; below it stands the script, which has already been asked."""
    if settings.llm is None:
        return None
    model = Llm(session, settings.llm, definitions_of(tools))
    return Ladder("llm", FIRST_TOKEN_S, [Rung(settings.llm.model, model, LLM_NEEDS_S, thinks)])


def _remembering(name: str, voice: Speaker) -> Rung[Speaker]:
    """A memory is no sign of life, so the voice itself is probed."""
    return Rung(name, Remembered(voice), TTS_NEEDS_S, lambda _: says_hello(voice))


async def hears(engine: SpeechToText) -> None:
    """A little of a recogniser's work."""
    await engine.recognise(HISS)


async def says_hello(engine: Speaker) -> None:
    """A little of a voice's."""
    await first_of(engine.speak("Hello.", NARROW.rate_hz))


async def thinks(engine: Llm) -> None:
    """A little of a model's."""
    await first_of(engine.answer("Hello.", []))
