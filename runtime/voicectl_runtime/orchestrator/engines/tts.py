"""Client of tts-service: words become sound, piece by piece."""

from collections.abc import AsyncGenerator
from typing import Final, Protocol

import aiohttp

from voicectl_runtime.orchestrator.engines.errors import EngineError, refused

UNTIL_CLOSED: Final = aiohttp.ClientTimeout(total=None)
"""Whoever listens knows how long the caller may wait."""


class Speaker(Protocol):
    """What turns text into sound."""

    def speak(self, text: str, rate_hz: int) -> AsyncGenerator[bytes, None]:
        """Whole samples of sound as they are made; closing the iterator stops the engine.

        Raises:
            EngineError: there is no sound, or no more of it.
        """


class TextToSpeech:
    """Keeps its connections open, so that a clause pays for no handshake."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def speak(self, text: str, rate_hz: int) -> AsyncGenerator[bytes, None]:
        """As a `Speaker`; closing the iterator closes the request."""
        wanted = {"input": text, "response_format": "pcm", "sample_rate": rate_hz}
        odd = b""
        try:
            async with self._session.post(
                f"{self._url}/v1/audio/speech", json=wanted, timeout=UNTIL_CLOSED, raise_for_status=True
            ) as response:
                # A wrong rate or an error page with status 200 would be played as noise.
                if response.headers.get("X-Sample-Rate") != str(rate_hz):
                    raise EngineError("tts", f"not {rate_hz} Hz sound: {response.content_type}")
                async for piece in response.content.iter_any():
                    whole = len(odd) + len(piece) & ~1
                    samples, odd = (odd + piece)[:whole], (odd + piece)[whole:]
                    if samples:
                        yield samples
        except aiohttp.ClientResponseError as error:
            raise refused("tts", error.status, error.headers) from error
        except aiohttp.ClientError as error:
            raise EngineError("tts", f"{type(error).__name__}: {error}") from error
