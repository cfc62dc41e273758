"""What a voice remembers, and what it forgets."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.remembered import Remembered


class Letters:
    """A byte a letter, one by one."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.breaks_off = False

    async def speak(self, text: str, rate_hz: int) -> AsyncGenerator[bytes, None]:
        """Perhaps not to the end."""
        assert rate_hz
        self.asked.append(text)
        for letter in text:
            yield letter.encode()
            await asyncio.sleep(0)
        if self.breaks_off:
            raise EngineError("tts", "reset")


async def said(voice: Remembered, text: str, rate_hz: int = 8000) -> bytes:
    return b"".join([piece async for piece in voice.speak(text, rate_hz)])


async def test_the_second_time_needs_no_engine() -> None:
    """And sounds the same, in one piece."""
    letters = Letters()
    voice = Remembered(letters)

    assert [await said(voice, "At nine.") for _ in range(3)] == [b"At nine."] * 3
    assert letters.asked == ["At nine."]


async def test_another_rate_is_another_sound() -> None:
    """A caller in wideband never gets what was made for a narrowband one."""
    letters = Letters()
    voice = Remembered(letters)
    for rate_hz in (8000, 16000, 8000):
        await said(voice, "At nine.", rate_hz)

    assert letters.asked == ["At nine."] * 2


async def test_what_was_used_least_lately_is_forgotten() -> None:
    """There is room for two words of five letters."""
    letters = Letters()
    voice = Remembered(letters, most_bytes=10)
    for text in ("apple", "birch", "apple", "cedar", "apple", "birch"):
        await said(voice, text)

    assert letters.asked == ["apple", "birch", "cedar", "birch"]


async def test_more_than_there_is_room_for() -> None:
    """Is said, and forgotten."""
    letters = Letters()
    voice = Remembered(letters, most_bytes=3)

    assert await said(voice, "apple") == await said(voice, "apple") == b"apple"
    assert letters.asked == ["apple"] * 2


async def test_what_broke_off_is_not_remembered() -> None:
    """Neither by the engine nor by whoever listened."""
    letters = Letters()
    letters.breaks_off = True
    voice = Remembered(letters)
    with pytest.raises(EngineError):
        await said(voice, "apple")
    letters.breaks_off = False
    async with aclosing(voice.speak("apple", 8000)) as pieces:
        await anext(pieces)

    assert await said(voice, "apple") == b"apple"
    assert letters.asked == ["apple"] * 3


async def test_two_calls_at_once() -> None:
    """Both are served, and the sound counts once."""
    letters = Letters()
    voice = Remembered(letters, most_bytes=10)
    await asyncio.gather(said(voice, "apple"), said(voice, "apple"))
    await said(voice, "birch")

    assert await said(voice, "apple") == b"apple"
    assert letters.asked == ["apple", "apple", "birch"]
