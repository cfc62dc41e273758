"""The engines of this agent, each with those that stand in for it, and how long a caller may wait for each."""

from collections.abc import Sequence
from typing import Final

import aiohttp

from voicectl_runtime.orchestrator.engines.espeak import Espeak
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Rung
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


def stt_of(settings: Settings, session: aiohttp.ClientSession) -> Ladder[SpeechToText]:
    """Recognisers."""
    rungs = [Rung(each.model, SpeechToText(session, each.url), STT_NEEDS_S) for each in settings.stt]
    return Ladder("stt", TRANSCRIPT_S, rungs)


def tts_of(settings: Settings, session: aiohttp.ClientSession) -> Ladder[Speaker]:
    """Voices; the last one needs no service."""
    rungs: list[Rung[Speaker]] = [
        Rung(each.model, Remembered(TextToSpeech(session, each.url)), TTS_NEEDS_S) for each in settings.tts
    ]
    last = Espeak(settings.last_voice.program, settings.last_voice.voice)
    return Ladder("tts", FIRST_AUDIO_S, [*rungs, Rung("espeak-ng", last, ESPEAK_NEEDS_S)])


def llm_of(settings: Settings, tools: Sequence[Tool]) -> Ladder[Llm] | None:
    """The language model; below it stands the script, which has already been asked."""
    if settings.llm is None:
        return None
    return Ladder(
        "llm", FIRST_TOKEN_S, [Rung(settings.llm.model, Llm(settings.llm, definitions_of(tools)), LLM_NEEDS_S)]
    )
