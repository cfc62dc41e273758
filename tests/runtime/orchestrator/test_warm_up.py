"""What must be warm stays warm."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.orchestrator.noted import looks_well, unnoted
from tests.runtime.orchestrator.scenarios.engines import Recogniser
from tests.runtime.orchestrator.scenarios.engines import Voice as TextToSpeech
from tests.runtime.orchestrator.scenarios.spoken import Vocabulary
from tests.runtime.orchestrator.scenarios.stage import SCRIPT
from tests.runtime.orchestrator.scenarios.virtual_time import START_S, run_in_virtual_time
from voicectl_runtime.orchestrator.band import BANDS
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Rung
from voicectl_runtime.orchestrator.voice import Voice
from voicectl_runtime.orchestrator.warm_up import LLM_LOADS_S, LLM_LOOK_S, keep_loaded, sentences, warm_up


class FakeLlm:
    """Is away, then hangs, then takes its time."""

    def __init__(self) -> None:
        self.asked_s: list[float] = []

    async def load(self) -> None:
        """Remember when."""
        self.asked_s.append(asyncio.get_running_loop().time() - START_S)
        match len(self.asked_s):
            case 1:
                raise EngineError("llm", "restarting")
            case 2:
                await asyncio.get_running_loop().create_future()
            case 3:
                await asyncio.sleep(60)


def test_phrases_are_there_for_callers_of_either_band(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first call, each as a file of its own, and all of it was said once."""
    vocabulary = Vocabulary()
    tts: Any = TextToSpeech(vocabulary)
    stt: Any = Recogniser(vocabulary)
    voice = Voice(Ladder("tts", 1.0, [Rung("fake", tts, 0.1, looks_well)]), "v", tmp_path)
    run_in_virtual_time(lambda: warm_up(stt, None, voice, SCRIPT, "Hello there."), monkeypatch)

    said = sorted(set(filter(None, sentences(SCRIPT, "Hello there."))))
    assert tts.asked == len(said)
    for band in BANDS:
        assert [text for text in said if voice.in_band(band).say(text, unnoted).file is None] == []


def test_a_model_is_loaded_by_somebody_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever became of the attempt before."""

    async def work() -> None:
        fake = FakeLlm()
        llm: Any = fake
        task = asyncio.create_task(keep_loaded(llm))
        await asyncio.sleep(LLM_LOADS_S + 100)
        task.cancel()
        hung_until_s = 2 * LLM_LOOK_S + LLM_LOADS_S
        assert fake.asked_s[:4] == [5.0, 10.0, hung_until_s + 5.0, hung_until_s + 70.0]

    run_in_virtual_time(work, monkeypatch)
