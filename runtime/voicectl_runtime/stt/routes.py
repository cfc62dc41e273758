"""The HTTP side of recognition: a lean route for the orchestrator, OpenAI's for everybody else."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Final

from aiohttp import BodyPartReader, web

from voicectl_runtime.refusal import RefusedError
from voicectl_runtime.service import BODY_TIMEOUT_S, body, whole_number
from voicectl_runtime.stt.audio import AudioError, from_file, from_pcm
from voicectl_runtime.stt.engine import Engine
from voicectl_runtime.stt.recogniser import LanguageError
from voicectl_runtime.stt.utterance import FULL_WINDOW_S, SHORT_WINDOW_S, Audio, Transcript, utterances

MOST_BYTES: Final = 10_000_000
WINDOWS_S: Final = {"short": SHORT_WINDOW_S, "full": FULL_WINDOW_S}
FORMATS: Final = ("json", "text", "verbose_json")
HINTS: Final = re.compile(r"[\w ,']{0,600}")


class Routes:
    """What a client may ask."""

    def __init__(self, engine: Engine, language: str) -> None:
        self._engine = engine
        self._language = language

    async def raw(self, request: web.Request) -> web.Response:
        """Bare samples in, everything that is known about the words out."""
        if request.content_type not in {"application/octet-stream", "audio/pcm", "audio/L16", "audio/l16"}:
            raise RefusedError(415, "the body must be application/octet-stream: signed 16-bit mono samples")
        window = request.query.get("window", "short")
        if window not in WINDOWS_S:
            raise RefusedError(422, f"window must be one of {', '.join(WINDOWS_S)}")
        hints = request.query.get("hints", "")
        if not HINTS.fullmatch(hints):
            raise RefusedError(422, "hints must be at most 600 letters, digits, spaces, commas and apostrophes")
        rate_hz = whole_number(request, "sample_rate", 8000)
        audio = await _heard(from_pcm, await body(request), rate_hz)
        pieces = await self._transcribe(audio, WINDOWS_S[window], self._language, hints)
        return web.json_response(asdict(_joined(pieces)))

    async def transcriptions(self, request: web.Request) -> web.Response:
        """OpenAI's `/v1/audio/transcriptions`."""
        if request.content_type != "multipart/form-data":
            raise RefusedError(415, "the body must be multipart/form-data with a file")
        content, fields = await _form(request)
        wanted = fields.get("response_format", "json")
        if wanted not in FORMATS:
            raise RefusedError(422, f"response_format must be one of {', '.join(FORMATS)}")
        if fields.get("stream", "false") != "false":
            raise RefusedError(422, "stream: an utterance is transcribed as a whole")
        language = fields.get("language") or self._language
        pieces = await self._transcribe(await _heard(from_file, content), FULL_WINDOW_S, language)
        whole = _joined(pieces)
        if wanted == "text":
            return web.Response(text=whole.text + "\n")
        return web.json_response({"text": whole.text} if wanted == "json" else _verbose(whole, pieces, language))

    async def _transcribe(self, audio: Audio, shortest_s: int, language: str, hints: str = "") -> list[Transcript]:
        try:
            return await self._engine.transcribe(utterances(audio, shortest_s), language, hints)
        except LanguageError as error:
            raise RefusedError(422, str(error)) from error


async def _heard(decode: Callable[..., Audio], *sent: bytes | int) -> Audio:
    """Decoding takes a while for a long file, so other calls go on meanwhile."""
    try:
        return await asyncio.to_thread(decode, *sent)
    except AudioError as error:
        raise RefusedError(422, str(error)) from error


async def _form(request: web.Request) -> tuple[bytes, dict[str, str]]:
    """The file and the other fields."""
    content: bytes | None = None
    fields: dict[str, str] = {}
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader):
                    raise RefusedError(422, "a form inside the form")
                value = bytes(await part.read())
                if part.name == "file":
                    content = value
                elif part.name:
                    fields[part.name] = value.decode(errors="replace")
    except TimeoutError as error:
        raise RefusedError(408, f"the body did not arrive within {BODY_TIMEOUT_S} s") from error
    except ValueError as error:
        raise RefusedError(422, f"the form cannot be read: {error}") from error
    if content is None:
        raise RefusedError(422, "the form has no field `file`")
    return content, fields


def _joined(pieces: Sequence[Transcript]) -> Transcript:
    """Windows of one recording as one transcript; the most doubtful window speaks for all."""
    return Transcript(
        text=" ".join(each.text for each in pieces if each.text),
        no_speech_prob=min(each.no_speech_prob for each in pieces),
        avg_logprob=min(each.avg_logprob for each in pieces),
        audio_ms=sum(each.audio_ms for each in pieces),
        inference_ms=round(max(each.inference_ms for each in pieces), 1),
        batch_size=max(each.batch_size for each in pieces),
    )


def _verbose(whole: Transcript, pieces: Sequence[Transcript], language: str) -> dict[str, object]:
    segments, start_s = [], 0.0
    for number, piece in enumerate(pieces):
        end_s = start_s + piece.audio_ms / 1000
        segments.append(
            {
                "id": number,
                "start": round(start_s, 2),
                "end": round(end_s, 2),
                "text": piece.text,
                "no_speech_prob": piece.no_speech_prob,
                "avg_logprob": piece.avg_logprob,
            }
        )
        start_s = end_s
    return {
        "task": "transcribe",
        "language": language,
        "duration": round(whole.audio_ms / 1000, 2),
        "text": whole.text,
        "segments": segments,
    }
