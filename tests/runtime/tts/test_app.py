"""The HTTP contract of tts-service, around a voice that needs no weights."""

import asyncio
import io
import threading
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiohttp.test_utils import TestClient, TestServer

from voicectl_runtime.settings import TextToSpeech
from voicectl_runtime.tts.app import load_voice, make_with
from voicectl_runtime.tts.voice import Sound

CHOSEN = TextToSpeech("http://127.0.0.1:0", "piper", "piper-en_US-joe-medium", Path("/models/joe.onnx"), 2)

Client = TestClient[Any, Any]


class Beeper:
    """Half a second of tone a sentence, in two pieces; "broken" fails at once, and "wait" waits before the second."""

    rate_hz = 16000

    def __init__(self) -> None:
        self.said: list[str] = []
        self.waiting = threading.Event()
        self.let_go = threading.Event()

    def say(self, sentence: str, speed: float) -> Iterator[Sound]:
        """Remember and beep."""
        self.said.append(sentence)
        if sentence.startswith("broken"):
            raise RuntimeError("secret path /models/x")
        yield np.full(int(4000 / speed), 0.5, np.float32)
        if sentence.startswith("wait"):
            self.waiting.set()
            assert self.let_go.wait(10)
        yield np.full(int(4000 / speed), 0.5, np.float32)


@asynccontextmanager
async def service(voice: Beeper | None = None) -> AsyncIterator[Client]:
    """The warm service."""
    async with TestClient(
        TestServer(make_with(CHOSEN, lambda: voice or Beeper()), handler_cancellation=True)
    ) as client:
        async with asyncio.timeout(10):
            while (await client.get("/health")).status != 200:  # noqa: ASYNC110 - HTTP has no event to wait for
                await asyncio.sleep(0)
        yield client


async def test_health_names_what_speaks() -> None:
    """The operator sees engine and voice."""
    async with service() as client:
        assert await (await client.get("/health")).json() == {
            "status": "ok",
            "engine": "piper",
            "model": "piper-en_US-joe-medium",
            "device": "cpu",
            "threads": 2,
            "voice_rate_hz": 16000,
        }


async def test_speech_is_streamed_samples_at_the_asked_rate() -> None:
    """The header says the rate; the default is OpenAI's 24 kHz."""
    async with service() as client:
        answer = await client.post("/v1/audio/speech", json={"input": "One. Two.", "sample_rate": 8000})
        assert (answer.status, answer.headers["X-Sample-Rate"]) == (200, "8000")
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert len(await answer.read()) == pytest.approx(2 * 8000, abs=200)
        answer = await client.post("/v1/audio/speech", json={"input": "One.", "model": "tts-1", "voice": "alloy"})
        assert answer.headers["X-Sample-Rate"] == "24000"
        assert len(await answer.read()) == pytest.approx(2 * 12000, abs=200)


@pytest.mark.parametrize(("line", "first", "rest"), [("First. wait", 16000, 16000), ("wait for it", 8000, 8000)])
async def test_what_is_made_is_heard_before_the_rest_is(line: str, first: int, rest: int) -> None:
    """Nobody waits for the end of a long answer, nor for the end of a sentence."""
    voice = Beeper()
    async with service(voice) as client:
        answer = await client.post("/v1/audio/speech", json={"input": line, "sample_rate": 16000})
        assert await answer.content.readexactly(first)
        assert not voice.let_go.is_set()
        voice.let_go.set()
        assert len(await answer.read()) == rest


async def test_a_caller_who_interrupts_stops_the_synthesis() -> None:
    """What nobody hears is not made: the next sentence is never begun."""
    voice = Beeper()
    async with service(voice) as client:
        answer = await client.post("/v1/audio/speech", json={"input": "wait here. Not this."})
        await asyncio.to_thread(voice.waiting.wait, 10)
        answer.close()
        runner: Any = client.server.runner
        async with asyncio.timeout(10):
            while runner.server.connections:  # noqa: ASYNC110 - aiohttp tells nobody of an end
                await asyncio.sleep(0)
        voice.let_go.set()
        await (await client.post("/v1/audio/speech", json={"input": "Next."})).read()
    assert "Not this." not in voice.said
    assert voice.said[-1] == "Next."


async def test_speed_and_a_whole_file() -> None:
    """Twice as fast is half as long; a WAV file tells its true length."""
    async with service() as client:
        wish = {"input": "One.", "response_format": "wav", "sample_rate": 8000, "speed": 2}
        answer = await client.post("/v1/audio/speech", json=wish)
        with wave.open(io.BytesIO(await answer.read())) as sound:
            assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
            assert sound.getnframes() == pytest.approx(2000, abs=100)


@pytest.mark.parametrize(
    "wish",
    [
        {},
        [],
        {"input": ""},
        {"input": 5},
        {"input": "x" * 2001},
        {"input": "<speak>hello</speak>"},
        {"input": "bell \x07"},
        {"input": "\u202eolleh"},
        {"input": "hello", "speaker_wav": "/etc/passwd"},
        {"input": "hello", "voice": "../../etc/passwd"},
        {"input": "hello", "model": 1},
        {"input": "hello", "sample_rate": 44100},
        {"input": "hello", "sample_rate": "8000"},
        {"input": "hello", "sample_rate": 8000.0},
        {"input": "hello", "response_format": "mp3"},
        {"input": "hello", "speed": 0},
        {"input": "hello", "speed": float("nan")},
        {"input": "hello", "speed": True},
    ],
)
async def test_what_cannot_be_spoken_is_refused_with_a_reason(wish: object) -> None:
    """Every refusal is a JSON document; no path in it is ever opened."""
    voice = Beeper()
    async with service(voice) as client:
        warm_up = list(voice.said)
        answer = await client.post("/v1/audio/speech", json=wish)
        assert answer.status == 422
        assert (await answer.json())["error"]["message"]
        assert voice.said == warm_up


async def test_a_body_that_is_no_json_or_too_long_is_refused() -> None:
    """Before anything of it is read as text."""
    async with service() as client:
        assert (await client.post("/v1/audio/speech", data=b"{")).status == 422
        assert (await client.post("/v1/audio/speech", data=b"\xff\xfe")).status == 422
        assert (await client.post("/v1/audio/speech", data=b"[" * 90_000)).status == 422
        assert (await client.post("/v1/audio/speech", data=bytes(200_000))).status == 413


async def test_a_failure_is_an_answer_at_first_and_a_broken_line_later() -> None:
    """A clean end after half an answer would tell the client that this was all."""
    async with service() as client:
        answer = await client.post("/v1/audio/speech", json={"input": "broken"})
        assert answer.status == 500
        assert "secret" not in await answer.text()
        answer = await client.post("/v1/audio/speech", json={"input": "Good. broken"})
        assert answer.status == 200
        with pytest.raises(aiohttp.ClientError):
            await answer.read()


def test_another_engine_is_named() -> None:
    """A service that has only one engine says so."""
    with pytest.raises(ValueError, match="xtts"):
        load_voice(TextToSpeech("http://127.0.0.1:1", "xtts", "x", Path("/x"), 1))
