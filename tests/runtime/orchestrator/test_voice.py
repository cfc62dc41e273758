"""What is said often is rendered once."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.voice import Voice


class FakeTts:
    """Speaks by the letters."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failure: EngineError | None = None

    async def speak(self, text: str, first_within_s: float = 1.0) -> AsyncGenerator[bytes, None]:
        """Two bytes a letter."""
        assert first_within_s > 0
        self.asked.append(text)
        if self.failure:
            raise self.failure
        yield b"\1\0" * len(text)


@pytest.fixture
def tts() -> FakeTts:
    return FakeTts()


def voice(tts: FakeTts, folder: Path, name: str = "joe") -> Voice:
    return Voice(tts, name, folder)  # type: ignore[arg-type]  # a fake


async def test_kept_phrases_need_no_engine(tts: FakeTts, tmp_path: Path) -> None:
    """Rendered at the first start, found at the second."""
    assert await voice(tts, tmp_path).keep(["Hello.", "Bye.", "Hello.", ""]) == 2
    assert await voice(tts, tmp_path).keep(["Hello.", "Bye."]) == 0
    speech = voice(tts, tmp_path).say("Hello.")

    assert tts.asked == ["Hello.", "Bye."]
    assert speech.file is not None
    assert speech.file.read_bytes() == b"\1\0" * 6
    assert speech.text == "Hello."


async def test_another_voice_has_other_recordings(tts: FakeTts, tmp_path: Path) -> None:
    """A change of the voice is heard in every phrase."""
    await voice(tts, tmp_path, "joe").keep(["Hello."])

    assert await voice(tts, tmp_path, "ann").keep(["Hello."]) == 1


async def test_a_failure_leaves_no_half_phrase(tts: FakeTts, tmp_path: Path) -> None:
    """The next start renders it."""
    tts.failure = EngineError("tts", "gone")
    with pytest.raises(EngineError):
        await voice(tts, tmp_path).keep(["Hello."])

    assert list((tmp_path / "cache").iterdir()) == []


async def test_phrases_for_the_dialplan(tts: FakeTts, tmp_path: Path) -> None:
    """They lie under their names, also when the wording changes."""
    each = voice(tts, tmp_path)
    await each.keep(["Sorry.", "So sorry."])
    each.name("apology", "Sorry.")
    each.name("apology", "So sorry.")

    assert (tmp_path / "apology.sln").read_bytes() == b"\1\0" * 9


async def clauses(*texts: str) -> AsyncGenerator[str, None]:
    for text in texts:
        yield text


async def test_clauses_become_one_speech(tts: FakeTts, tmp_path: Path) -> None:
    """In order, each asked for by itself."""
    speech = voice(tts, tmp_path).say_clauses(clauses("At nine.", "And at ten."))
    await speech.reach(1000)

    assert tts.asked == ["At nine.", "And at ten."]
    assert speech.text == "At nine. And at ten."


async def test_an_answer_without_words_is_a_failure(tts: FakeTts, tmp_path: Path) -> None:
    """A model that writes only data gets an apology spoken for it."""
    with pytest.raises(EngineError, match="cannot be spoken"):
        await voice(tts, tmp_path).say_clauses(clauses()).begun()
