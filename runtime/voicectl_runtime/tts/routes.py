"""The HTTP side of speech: OpenAI's route, with the sample rate that a telephone wants."""

import io
import json
import logging
import re
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from voicectl_runtime.refusal import RefusedError
from voicectl_runtime.service import body
from voicectl_runtime.tts.engine import Engine
from voicectl_runtime.tts.text import TextError, speakable

LOG: Final = logging.getLogger(__name__)

MOST_BYTES: Final = 100_000
RATES_HZ: Final = (8000, 16000, 22050, 24000)
DEFAULT_RATE_HZ: Final = 24000
SPEEDS: Final = (0.5, 2.0)
FORMATS: Final = ("pcm", "wav")
KEYS: Final = frozenset({"input", "model", "voice", "response_format", "sample_rate", "speed"})
NAME: Final = re.compile(r"[\w.-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Wish:
    """What a client wants to hear."""

    line: str
    format: str
    rate_hz: int
    speed: float


class Routes:
    """What a client may ask."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def speech(self, request: web.Request) -> web.StreamResponse:
        """OpenAI's `/v1/audio/speech`, streamed."""
        wish = _wish(await body(request))
        spoken = self._engine.speak(wish.line, wish.rate_hz, wish.speed)
        if wish.format == "wav":
            whole = b"".join([piece async for piece in spoken])
            return web.Response(body=_wav(whole, wish.rate_hz), content_type="audio/wav")
        first = await anext(spoken)  # before the answer has begun: its failure is still an answer of its own
        response = web.StreamResponse(headers={"X-Sample-Rate": str(wish.rate_hz), "Content-Type": "audio/pcm"})
        await response.prepare(request)
        await response.write(first)
        await _send_rest(request, response, spoken)
        return response


async def _send_rest(request: web.Request, response: web.StreamResponse, spoken: AsyncIterator[bytes]) -> None:
    """A failure in mid-answer cuts the connection: a clean end would tell the client that this was all."""
    try:
        async for piece in spoken:
            await response.write(piece)
        await response.write_eof()
    except ConnectionError:
        LOG.info("client_gone")
    except Exception:
        LOG.exception("speech_broke_off")
        if request.transport:
            request.transport.abort()


def _wish(sent: bytes) -> Wish:
    """The body, checked."""
    try:
        document = json.loads(sent)
    except (ValueError, RecursionError) as error:  # a thousand brackets are no JSON either
        raise RefusedError(422, "the body is not JSON") from error
    if not isinstance(document, dict):
        raise RefusedError(422, "the body is not a JSON object")
    unknown = sorted(set(document) - KEYS)
    if unknown:
        raise RefusedError(422, f"unknown key {unknown[0]!r}; known are {', '.join(sorted(KEYS))}")
    for key in ("model", "voice"):
        if not (isinstance(document.get(key, "x"), str) and NAME.fullmatch(document.get(key, "x"))):
            raise RefusedError(422, f"{key} must be a name")
    return Wish(
        _line(document.get("input")),
        _one_of(document, "response_format", FORMATS, FORMATS[0]),
        _one_of(document, "sample_rate", RATES_HZ, DEFAULT_RATE_HZ),
        _speed(document.get("speed", 1.0)),
    )


def _line(text: object) -> str:
    if not isinstance(text, str):
        raise RefusedError(422, "input must be a text")
    try:
        return speakable(text)
    except TextError as error:
        raise RefusedError(422, str(error)) from error


def _one_of(document: dict[str, Any], key: str, allowed: tuple[Any, ...], default: Any) -> Any:
    found = document.get(key, default)
    if type(found) is not type(default) or found not in allowed:
        raise RefusedError(422, f"{key} must be one of {', '.join(map(str, allowed))}")
    return found


def _speed(found: object) -> float:
    slowest, fastest = SPEEDS
    if isinstance(found, bool) or not isinstance(found, int | float) or not slowest <= found <= fastest:
        raise RefusedError(422, f"speed must lie between {slowest} and {fastest}")
    return float(found)


def _wav(pcm: bytes, rate_hz: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(pcm)
    return file.getvalue()
