"""What the agent said, in the words of the project's own recogniser."""

from collections.abc import Sequence
from typing import Final

import aiohttp

from voicectl_runtime.caller.errors import PhoneError
from voicectl_runtime.caller.g711 import Pcm
from voicectl_runtime.caller.recording import RATE_HZ, Recording
from voicectl_runtime.caller.voice import Spurt

_LONGEST_PIECE_S: Final = 25.0  # the recogniser's window is 30 s
_MARGIN_S: Final = 0.15
_DEADLINE: Final = aiohttp.ClientTimeout(total=60)


class TranscriptionError(PhoneError):
    """stt-service did not answer."""


async def transcribe(http: aiohttp.ClientSession, url: str, pieces: Sequence[Pcm]) -> str:
    """Recognise pieces of one answer, each within one full window.

    Raises:
        TranscriptionError: the service cannot be reached or refuses.
    """
    texts = [await _recognise(http, url, piece) for piece in pieces if len(piece)]
    return " ".join(text for text in texts if text)


def pieces_of(recording: Recording, spurts: Sequence[Spurt]) -> list[Pcm]:
    """The agent's speech, cut in its pauses where it is longer than the window."""
    groups: list[list[Spurt]] = []
    for spurt in spurts:
        if groups and spurt.ended_s - groups[-1][0].started_s <= _LONGEST_PIECE_S:
            groups[-1].append(spurt)
        else:
            groups.append([spurt])
    return [recording.agent_audio(group[0].started_s - _MARGIN_S, group[-1].ended_s + _MARGIN_S) for group in groups]


async def _recognise(http: aiohttp.ClientSession, url: str, pcm: Pcm) -> str:
    parameters = {"sample_rate": str(RATE_HZ), "window": "full"}
    body = pcm.astype("<i2").tobytes()
    try:
        async with http.post(f"{url}/v1/audio/raw", params=parameters, data=body, timeout=_DEADLINE) as response:
            if response.status != 200:  # noqa: PLR2004 - HTTP's OK
                raise TranscriptionError(f"stt-service answers {response.status} to the recording")
            document = await response.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise TranscriptionError(f"stt-service at {url} does not answer: {error!r}") from error
    return str(document.get("text", "")).strip()
