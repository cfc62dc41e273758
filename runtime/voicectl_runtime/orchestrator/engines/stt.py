"""Client of stt-service: a caller's audio becomes words."""

from dataclasses import dataclass
from typing import Final, Literal

import aiohttp

from voicectl_runtime.orchestrator.engines.errors import EngineError, refused

UNTIL_CANCELLED: Final = aiohttp.ClientTimeout(total=None)
"""Whoever asks knows how long the caller may wait."""
SURELY_NO_SPEECH: Final = 0.6
UNSURE_WORDS: Final = -1.0
SURE_WORDS: Final = -0.4
SURER_BY: Final = 0.2
"""Mean log-probability. By `python benchmarks/recogniser.py` a full window as such is right no more often than a short
one; believed by this rule it takes a third of the hearings, and a third of the corrections that made things worse."""

FIGURES: Final = ("no_speech_prob", "avg_logprob", "inference_ms")
"""What the service says beside the words."""


@dataclass(frozen=True)
class Words:
    """What the recogniser made of a turn."""

    text: str
    no_speech_prob: float
    avg_logprob: float
    took_ms: float = 0.0
    """Of the recogniser's own time."""

    @property
    def are_imagined(self) -> bool:
        """Whisper writes phrases like "thank you" where nothing was said; it doubts them itself."""
        return not self.text or (self.no_speech_prob > SURELY_NO_SPEECH and self.avg_logprob < UNSURE_WORDS)

    @property
    def are_sure(self) -> bool:
        """Hearing them again would not make them better."""
        return self.avg_logprob > SURE_WORDS

    def are_surer_than(self, others: "Words") -> bool:
        """Where two hearings of one sound differ, these are to be believed."""
        return not self.are_imagined and self.avg_logprob > others.avg_logprob + SURER_BY


class SpeechToText:
    """Keeps its connections open, so that a turn pays for no handshake."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url

    async def recognise(
        self, pcm: bytes, window: Literal["short", "full"] = "short", rate_hz: int = 8000, hints: str = ""
    ) -> Words:
        """The words of a caller's audio; cancelling closes the request, and the service drops it.

        `hints`: words that callers may be saying (letters, spaces, commas and apostrophes; at most 600 characters).

        Raises:
            EngineError: no words came back.
        """
        asked = {"sample_rate": str(rate_hz), "window": window} | ({"hints": hints} if hints else {})
        try:
            async with self._session.post(
                f"{self._url}/v1/audio/raw", params=asked, data=pcm, timeout=UNTIL_CANCELLED, raise_for_status=True
            ) as response:
                said = await response.json()
                doubt, sureness, took_ms = (float(said[key]) for key in FIGURES)
                return Words(said["text"].strip(), doubt, sureness, took_ms)
        except aiohttp.ClientResponseError as error:
            raise refused("stt", error.status, error.headers) from error
        except (aiohttp.ClientError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineError("stt", f"{type(error).__name__}: {error}") from error
