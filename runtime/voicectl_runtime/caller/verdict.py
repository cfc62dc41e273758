"""Afterwards: what the agent said is written down and compared with what it should have said."""

from collections.abc import Sequence
from typing import Any

import aiohttp

from voicectl_runtime.caller.call import Call
from voicectl_runtime.caller.conversation import Turn
from voicectl_runtime.caller.expect import is_right
from voicectl_runtime.caller.transcribe import TranscriptionError, pieces_of, transcribe


async def write_down(calls: Sequence[Call], documents: Sequence[dict[str, Any]], url: str) -> None:
    """Fill in `heard` and `right` of every turn; a recogniser that is away is said once in each call."""
    async with aiohttp.ClientSession() as http:
        for call, document in zip(calls, documents, strict=True):
            try:
                await _write_down_call(call, document, http, url)
            except TranscriptionError as error:
                document["reason"] = str(error)


def is_ok(document: dict[str, Any]) -> bool:
    """True when the agent answered the call and every line in it, and said what it should wherever that was asked."""
    spoken = document["turns"] or [document["greeting"]]
    said_something = all(turn["agent_audio_ms"] is not None for turn in spoken)
    as_expected = all(turn["right"] is True for turn in document["turns"] if turn["expected"] is not None)
    return bool(document["answered"]) and said_something and as_expected


async def _write_down_call(call: Call, document: dict[str, Any], http: aiohttp.ClientSession, url: str) -> None:
    document["greeting"]["heard"] = await _heard(call, call.conversation.greeting, http, url)
    for turn, described in zip(call.conversation.turns, document["turns"], strict=True):
        described["heard"] = await _heard(call, turn, http, url)
        if described["expected"] is not None:
            described["right"] = is_right(described["expected"], described["heard"] or "")


async def _heard(call: Call, turn: Turn, http: aiohttp.ClientSession, url: str) -> str | None:
    if call.recording is None or turn.answered_s is None or turn.answer_ended_s is None:
        return None
    spurts = [s for s in call.conversation.voice.spurts if turn.answered_s <= s.started_s <= turn.answer_ended_s]
    return await transcribe(http, url, pieces_of(call.recording, spurts))
