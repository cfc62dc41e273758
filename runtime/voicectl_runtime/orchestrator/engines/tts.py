"""Client of tts-service: words become sound, piece by piece."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import aiohttp

from voicectl_runtime.orchestrator.engines.errors import EngineError

RATE_HZ: Final = 8000
FIRST_AUDIO_S: Final = 1.5
STALL_S: Final = 2.0


class TextToSpeech:
    """Keeps its connections open, so that a clause pays for no handshake."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def speak(self, text: str, first_within_s: float = FIRST_AUDIO_S) -> AsyncGenerator[bytes, None]:
        """Whole samples of 8 kHz sound as they are made; closing the iterator closes the request."""
        wanted = {"input": text, "response_format": "pcm", "sample_rate": RATE_HZ}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=STALL_S)
        odd = b""
        any_yet = False
        try:
            async with asyncio.timeout(first_within_s) as until_first:
                async with self._session.post(
                    f"{self._url}/v1/audio/speech", json=wanted, timeout=timeout, raise_for_status=True
                ) as response:
                    # A wrong rate or an error page with status 200 would be played as noise.
                    if response.headers.get("X-Sample-Rate") != str(RATE_HZ):
                        raise EngineError("tts", f"not 8 kHz sound: {response.content_type}")
                    async for piece in response.content.iter_any():
                        until_first.reschedule(None)
                        whole = len(odd) + len(piece) & ~1
                        piece, odd = (odd + piece)[:whole], (odd + piece)[whole:]  # noqa: PLW2901 - aligned to samples
                        any_yet = any_yet or bool(piece)
                        yield piece
        except TimeoutError as error:
            raise EngineError("tts", f"no sound within {first_within_s} s") from error
        except aiohttp.ClientError as error:
            raise EngineError("tts", f"{type(error).__name__}: {error}") from error
        if not any_yet:
            raise EngineError("tts", "an answer without sound")
