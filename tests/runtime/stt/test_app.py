"""The HTTP contract of stt-service, around a recogniser that needs no weights."""

import asyncio
import io
import threading
import wave
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from voicectl_runtime.settings import SpeechToText
from voicectl_runtime.stt.app import make_with
from voicectl_runtime.stt.recogniser import LanguageError
from voicectl_runtime.stt.routes import MOST_BYTES
from voicectl_runtime.stt.utterance import Encoded, Transcript, Utterance

CHOSEN = SpeechToText("http://127.0.0.1:0", "whisper-tiny.en", Path("/models"), "int8", "cpu", 2)
RAW = {"Content-Type": "application/octet-stream"}
SECOND = bytes(16000)

Client = TestClient[Any, Any]


class Model:
    """Says how long it heard, in which window."""

    def prompt(self, language: str, hints: str = "") -> list[int]:
        """English only."""
        if language != "en":
            raise LanguageError(f"no {language}")
        return [1, *map(ord, hints)]

    def encode(self, batch: Sequence[Utterance]) -> list[Encoded]:
        """Nothing is computed."""
        return [Encoded(each, None, 3.0) for each in batch]

    def decode(self, batch: Sequence[Encoded], prompt: Sequence[int]) -> list[Transcript]:
        """Answer at once."""
        hints = "".join(map(chr, prompt[1:]))
        return [
            Transcript(
                f"{each.utterance.seconds:.0f} s in {each.utterance.window_s}{hints and ' as '}{hints}",
                0.1,
                -0.2,
                round(each.utterance.seconds * 1000),
                each.took_ms + 2.0,
                len(batch),
            )
            for each in batch
        ]


class Broken(Model):
    """Warms up, then fails."""

    runs = 0

    def decode(self, batch: Sequence[Encoded], prompt: Sequence[int]) -> list[Transcript]:
        """Fail from the second time on."""
        self.runs += 1
        if self.runs > 1:
            raise RuntimeError("secret path /models/x")
        return super().decode(batch, prompt)


async def warm(client: Client) -> None:
    """Ask as an operator does, until the model is there."""
    async with asyncio.timeout(10):
        while (await client.get("/health")).status != 200:  # noqa: ASYNC110 - HTTP has no event to wait for
            await asyncio.sleep(0)


@asynccontextmanager
async def service(model: Model | None = None) -> AsyncIterator[Client]:
    """The warm service."""
    async with TestClient(TestServer(make_with(CHOSEN, "en", lambda: model or Model()))) as client:
        await warm(client)
        yield client


async def test_health_says_starting_until_the_model_has_worked() -> None:
    """Before that nothing is served; afterwards health names what answers."""
    loaded = threading.Event()

    def load() -> Model:
        assert loaded.wait(10)
        return Model()

    async with TestClient(TestServer(make_with(CHOSEN, "en", load))) as client:
        answer = await client.get("/health")
        assert (answer.status, await answer.json()) == (503, {"status": "starting"})
        assert (await client.post("/v1/audio/raw", data=SECOND, headers=RAW)).status == 503
        loaded.set()
        await warm(client)
        document = await (await client.get("/health")).json()
    assert document == {
        "status": "ok",
        "engine": "faster-whisper",
        "model": "whisper-tiny.en",
        "device": "cpu",
        "compute_type": "int8",
        "threads": 2,
    }


async def test_raw_samples_become_words_with_all_that_is_known_about_them() -> None:
    """The lean route, short by default, at a telephone's rate by default."""
    async with service() as client:
        answer = await client.post("/v1/audio/raw", data=SECOND, headers=RAW)
        assert await answer.json() == {
            "text": "1 s in 10",
            "no_speech_prob": 0.1,
            "avg_logprob": -0.2,
            "audio_ms": 1000,
            "inference_ms": 5.0,
            "batch_size": 1,
        }
        full = await client.post("/v1/audio/raw?sample_rate=16000&window=full", data=SECOND * 2, headers=RAW)
        assert (await full.json())["text"] == "1 s in 30"


async def test_hints_reach_the_recogniser() -> None:
    """Words, spaces, commas and apostrophes, up to 600 of them."""
    for hints in ("root canal, don't, été", 600 * "a"):
        async with service() as client:
            answer = await client.post("/v1/audio/raw", params={"hints": hints}, data=SECOND, headers=RAW)
            assert (await answer.json())["text"] == f"1 s in 10 as {hints}"


class Slow(Model):
    """Holds its second batch until it is let go, and remembers all."""

    def __init__(self) -> None:
        self.batches: list[float] = []
        self.decoded: list[float] = []
        self.begun, self.let_go = threading.Event(), threading.Event()

    def encode(self, batch: Sequence[Utterance]) -> list[Encoded]:
        """The first batch is the warm-up."""
        self.batches += [each.seconds for each in batch]
        if len(self.batches) == 2:
            self.begun.set()
            assert self.let_go.wait(10)
        return super().encode(batch)

    def decode(self, batch: Sequence[Encoded], prompt: Sequence[int]) -> list[Transcript]:
        """At once."""
        self.decoded += [each.utterance.seconds for each in batch]
        return super().decode(batch, prompt)


async def test_who_hangs_up_costs_no_batch() -> None:
    """A request that was closed leaves the queue: the caller went on speaking, or is gone."""
    slow = Slow()
    async with service(slow) as client:
        first = asyncio.create_task(client.post("/v1/audio/raw", data=SECOND, headers=RAW))
        await asyncio.to_thread(slow.begun.wait, 10)
        with pytest.raises(TimeoutError):
            await client.post("/v1/audio/raw", data=SECOND * 2, headers=RAW, timeout=aiohttp.ClientTimeout(0.1))
        # The service sees the closed connection before it answers whatever comes after it.
        assert (await client.get("/health")).status == 200
        slow.let_go.set()
        assert (await first).status == 200
        assert (await client.post("/v1/audio/raw", data=SECOND * 3, headers=RAW)).status == 200

    assert slow.batches[1:] == [1.0, 3.0]


async def test_who_goes_on_speaking_costs_half_a_batch() -> None:
    """What was being encoded when its caller went on is not decoded."""
    slow = Slow()
    async with service(slow) as client:
        with pytest.raises(TimeoutError):
            await client.post("/v1/audio/raw", data=SECOND, headers=RAW, timeout=aiohttp.ClientTimeout(0.1))
        assert slow.begun.is_set()
        assert (await client.get("/health")).status == 200
        slow.let_go.set()
        assert (await client.post("/v1/audio/raw", data=SECOND * 3, headers=RAW)).status == 200

    assert slow.batches[1:] == [1.0, 3.0]
    assert slow.decoded[1:] == [3.0]


async def test_the_same_sound_is_encoded_once() -> None:
    """A second hearing, with hints, takes the decoder's time only."""
    async with service() as client:
        first = await client.post("/v1/audio/raw", data=SECOND, headers=RAW)
        again = await client.post("/v1/audio/raw?hints=root", data=SECOND, headers=RAW)
        full = await client.post("/v1/audio/raw?window=full", data=SECOND, headers=RAW)
        took_ms = [(await each.json())["inference_ms"] for each in (first, again, full)]
        assert (await again.json())["text"] == "1 s in 10 as root"
    assert took_ms == [5.0, 2.0, 5.0]


async def test_a_long_recording_is_heard_in_windows() -> None:
    """Forty seconds are two windows and one text."""
    async with service() as client:
        answer = await (await client.post("/v1/audio/raw?window=full", data=SECOND * 40, headers=RAW)).json()
    assert answer["audio_ms"] == 40_000
    assert answer["text"].count("in 30") == 2


async def test_what_openai_clients_send_is_understood() -> None:
    """A form with a file gives json, text or verbose_json."""

    async def ask(client: Client, **fields: str) -> aiohttp.ClientResponse:
        form = aiohttp.FormData({"model": "whisper-1", "temperature": "0", **fields})
        form.add_field("file", wav(SECOND), filename="a.wav")
        return await client.post("/v1/audio/transcriptions", data=form)

    async with service() as client:
        assert await (await ask(client)).json() == {"text": "1 s in 30"}
        assert await (await ask(client, response_format="text", language="en")).text() == "1 s in 30\n"
        verbose = await (await ask(client, response_format="verbose_json")).json()
        assert (verbose["duration"], verbose["language"]) == (1.0, "en")
        assert verbose["segments"][0] | {"text": "1 s in 30", "end": 1.0} == verbose["segments"][0]
        assert (await ask(client, response_format="srt")).status == 422
        assert (await ask(client, language="de")).status == 422
        assert (await ask(client, stream="true")).status == 422


@pytest.mark.parametrize(
    ("path", "content", "kind", "status"),
    [
        ("/v1/audio/raw", b"", "application/octet-stream", 422),
        ("/v1/audio/raw", b"abc", "application/octet-stream", 422),
        ("/v1/audio/raw?sample_rate=-8000", SECOND, "application/octet-stream", 422),
        ("/v1/audio/raw?sample_rate=99999999999999999999", SECOND, "application/octet-stream", 422),
        ("/v1/audio/raw?window=long", SECOND, "application/octet-stream", 422),
        (f"/v1/audio/raw?hints={601 * 'a'}", SECOND, "application/octet-stream", 422),
        ("/v1/audio/raw?hints=%3C|startoftranscript|%3E", SECOND, "application/octet-stream", 422),
        ("/v1/audio/raw?hints=one%0Atwo", SECOND, "application/octet-stream", 422),
        ("/v1/audio/raw", b"{}", "application/json", 415),
        ("/v1/audio/transcriptions", SECOND, "application/octet-stream", 415),
        ("/v1/audio/transcriptions", b"junk", "multipart/form-data; boundary=x", 422),
        ("/v1/audio/transcriptions", b"junk", "multipart/form-data", 422),
        ("/v1/audio/transcriptions", b"--x\r\n\r\nhello\r\n--x--\r\n", "multipart/form-data; boundary=x", 422),
        ("/nothing", b"", "text/plain", 404),
    ],
)
async def test_bad_requests_are_refused_with_a_reason(path: str, content: bytes, kind: str, status: int) -> None:
    """Every refusal is a JSON document with a reason and no traceback."""
    async with service() as client:
        answer = await client.post(path, data=content, headers={"Content-Type": kind})
        error = (await answer.json())["error"]
    assert (answer.status, error["code"]) == (status, status)
    assert error["message"]
    assert "Traceback" not in error["message"]


async def test_a_body_above_the_limit_is_refused() -> None:
    """Both routes are bounded; a form as a whole."""
    async with service() as client:
        assert (await client.post("/v1/audio/raw", data=io.BytesIO(bytes(MOST_BYTES + 1)), headers=RAW)).status == 413
        form = aiohttp.FormData()
        form.add_field("file", io.BytesIO(bytes(MOST_BYTES + 1)), filename="a.wav")
        assert (await client.post("/v1/audio/transcriptions", data=form)).status == 413


async def test_an_engine_that_fails_says_so_without_its_secrets() -> None:
    """The client learns that it failed; why stands in the log."""
    async with service(Broken()) as client:
        answer = await client.post("/v1/audio/raw", data=SECOND, headers=RAW)
        assert answer.status == 500
        assert "secret" not in await answer.text()


def wav(pcm: bytes) -> bytes:
    """A sound file of 8 kHz."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(pcm)
    return file.getvalue()
