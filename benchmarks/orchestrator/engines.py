"""The stub engines as a process: `python -m benchmarks.orchestrator.engines`; prints their addresses, then serves.

Each engine takes a fixed time and next to no processor, so that the rest of a turn is the orchestrator's.
"""

import asyncio
import itertools
import json
import sys
from typing import Final

import numpy as np
import uvloop

from tests.stubs.engines import RATE_HZ, StubEngines

STT_MS: Final = 100
LLM_MS: Final = 150
TOKENS: Final = ("You", " are", " call", "er", " num", "ber", " {}", ".")
"""Five words: one clause and one sentence, so that neither system can begin to speak earlier than the other; another
number each time, since voicectl keeps the sound of what it says often."""
TOKEN_MS: Final = 7
TTS_MS: Final = 80
CHAIN_MS: Final = STT_MS + LLM_MS + len(TOKENS) * TOKEN_MS + TTS_MS
SOUND_S: Final = 1.0


async def serve() -> None:
    """Until the process is killed."""
    time = np.arange(SOUND_S * RATE_HZ) / RATE_HZ
    sound = (8000 * np.sin(2 * np.pi * 300 * time)).astype("<i2").tobytes()
    numbers = itertools.count(1)

    def think(_: str) -> list[str]:
        number = str(next(numbers))
        return [token.format(number) for token in TOKENS]

    stubs = StubEngines(hear=lambda _: "tell me about volcanoes", think=think, say=lambda _: sound)
    stubs.stt.delay_s, stubs.llm.delay_s, stubs.tts.delay_s = STT_MS / 1000, LLM_MS / 1000, TTS_MS / 1000
    stubs.token_s = TOKEN_MS / 1000
    await stubs.open()
    sys.stdout.write(json.dumps({"stt": stubs.stt.url, "llm": stubs.llm.url, "tts": stubs.tts.url}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve())
