"""What is said often is rendered once."""

from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import pytest

from tests.runtime.orchestrator.noted import Noted, looks_well, unnoted
from voicectl_runtime.orchestrator.band import BANDS, NARROW, WIDE, Band
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Rung
from voicectl_runtime.orchestrator.engines.tts import Speaker
from voicectl_runtime.orchestrator.voice import CHARACTER_MS, Voice, unsaid
from voicectl_runtime.tts.sound import Converter


class FakeTts:
    """Speaks by the letters."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.rates_hz: list[int] = []
        self.failure: EngineError | None = None
        self.breaks_off_after: list[int] = []
        """Letters, one for each request to come."""

    async def speak(self, text: str, rate_hz: int) -> AsyncGenerator[bytes, None]:
        """Two bytes a letter in narrowband, twice that in wideband."""
        self.asked.append(text)
        self.rates_hz.append(rate_hz)
        if self.failure:
            raise self.failure
        if self.breaks_off_after:
            yield b"\1\0" * (self.breaks_off_after.pop(0) * int(rate_hz * CHARACTER_MS / 1000))
            raise EngineError("tts", "reset", again_after_s=0.0)
        yield b"\1\0" * (len(text) * rate_hz // NARROW.rate_hz)


@pytest.fixture
def tts() -> FakeTts:
    return FakeTts()


def voice(tts: Speaker, folder: Path, name: str = "joe") -> Voice:
    return Voice(Ladder[Speaker]("tts", 1.0, [Rung("fake", tts, 0.1, looks_well)]), name, folder)


async def test_kept_phrases_need_no_engine(tts: FakeTts, tmp_path: Path) -> None:
    """Rendered at the first start, found at the second."""
    assert await voice(tts, tmp_path).keep(["Hello.", "Bye.", "Hello.", ""]) == 2
    assert await voice(tts, tmp_path).keep(["Hello.", "Bye."]) == 0
    speech = voice(tts, tmp_path).say("Hello.", unnoted)

    assert tts.asked == ["Hello.", "Bye."]
    assert speech.file is not None
    assert len(speech.file.read_bytes()) == 2 * len("Hello.")
    assert speech.text == "Hello."


async def test_a_phrase_is_said_once_for_both_bands(tts: FakeTts, tmp_path: Path) -> None:
    """Each has a file of its own rate, under a name that Asterisk cannot mistake for the other's."""
    narrow = voice(tts, tmp_path)
    assert await narrow.keep(["Hello."]) == 1
    assert tts.rates_hz == [WIDE.rate_hz]
    files = [each.say("Hello.", unnoted).file for each in (narrow, narrow.in_band(WIDE))]
    assert [file.name.partition(".")[2] for file in files if file] == ["sln", "sln16"]
    assert len({file.stem for file in files if file}) == 2
    assert [file.stat().st_size for file in files if file] == [2 * 6, 4 * 6]


async def test_what_is_not_kept_is_made_in_its_band(tts: FakeTts, tmp_path: Path) -> None:
    """At the rate at which it is heard."""
    speech = voice(tts, tmp_path).in_band(WIDE).say("Bye.", unnoted)
    await speech.begun()
    assert (tts.rates_hz, speech.band) == ([16000], WIDE)


@pytest.mark.parametrize(("lost", "requests"), [((), 0), ((NARROW,), 0), ((WIDE,), 1), (BANDS, 1)])
async def test_what_an_earlier_version_kept_stays(
    tts: FakeTts, tmp_path: Path, lost: tuple[Band, ...], requests: int
) -> None:
    """Only what is missing is made, and the voice is asked for the wide one alone."""
    each = voice(tts, tmp_path)
    await each.keep(["Hello."])
    files = {band: each.in_band(band).say("Hello.", unnoted).file for band in BANDS}
    tts.asked.clear()
    for band, file in files.items():
        assert file is not None
        if band in lost:
            file.unlink()
        else:
            file.write_bytes(b"kept")

    assert await each.keep(["Hello."]) == bool(lost)
    assert len(tts.asked) == requests
    assert {band for band, file in files.items() if file and file.read_bytes() == b"kept"} == set(BANDS) - set(lost)


@pytest.mark.parametrize("voice_hz", [8000, 16000, 22050, 24000])
async def test_the_narrow_phrase_sounds_as_if_it_were_said_narrow(tmp_path: Path, voice_hz: int) -> None:
    """Whatever the rate of the voice, no sample is off by what could be heard, and none at the ends clicks."""
    tts = Noise(voice_hz)
    each = voice(tts, tmp_path)
    await each.keep(["Hello."])
    file = each.say("Hello.", unnoted).file
    assert file is not None
    said = b"".join([piece async for piece in tts.speak("Hello.", NARROW.rate_hz)])

    kept, direct = (np.frombuffer(sound, "<i2").astype(float) for sound in (file.read_bytes(), said))
    assert len(kept) == pytest.approx(len(direct), abs=1)
    spectrum = np.fft.rfft(kept[: len(direct)] - direct[: len(kept)])
    spectrum[len(spectrum) * 9 // 10 :] = 0  # above 3.6 kHz a telephone carries nothing
    assert np.abs(np.fft.irfft(spectrum)).max() < 0.05 * np.abs(direct).max()


class Noise:
    """Says the same noise at any rate, from its first sample to its last as loud as can be."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._sound = np.random.default_rng(0).uniform(-0.6, 0.6, rate_hz).astype(np.float32)

    async def speak(self, text: str, rate_hz: int) -> AsyncGenerator[bytes, None]:
        """In pieces, as tts-service does."""
        assert text
        converter = Converter(self._rate_hz, rate_hz)
        for piece in np.array_split(self._sound, 3):
            yield converter.convert(piece)
        yield converter.rest()


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

    assert len((tmp_path / "apology.sln").read_bytes()) == 2 * len("So sorry.")


async def clauses(*texts: str) -> AsyncGenerator[str, None]:
    for text in texts:
        yield text


async def test_clauses_become_one_speech(tts: FakeTts, tmp_path: Path) -> None:
    """In order, each asked for by itself."""
    speech = voice(tts, tmp_path).say_clauses(clauses("At nine.", "And at ten."), unnoted)
    await speech.reach(10**9)

    assert tts.asked == ["At nine.", "And at ten."]
    assert speech.text == "At nine. And at ten."


async def test_an_answer_without_words_is_a_failure(tts: FakeTts, tmp_path: Path) -> None:
    """A model that writes only data gets an apology spoken for it."""
    note = Noted()
    with pytest.raises(EngineError, match="cannot be spoken"):
        await voice(tts, tmp_path).say_clauses(clauses(), note).begun()
    assert note.events == [("engine_failed", {"engine": "llm", "why": "an answer that cannot be spoken"})]


async def test_clauses_that_are_kept_need_no_engine(tts: FakeTts, tmp_path: Path) -> None:
    """A filler between two clauses is there at once."""
    each = voice(tts, tmp_path)
    await each.keep(["One moment."])
    speech = each.say_clauses(clauses("One moment."), unnoted)
    await speech.begun()

    assert tts.asked == ["One moment."]
    assert speech.text == "One moment."


TEXT = "We are open from nine to five, and on Sunday, I am sorry, we are closed."


async def test_a_sound_that_breaks_off(tts: FakeTts, tmp_path: Path) -> None:
    """What came is spoken, and the rest is asked for once more, from the clause on."""
    tts.breaks_off_after = [TEXT.index("Sunday") + 2]
    note = Noted()
    speech = voice(tts, tmp_path).say(TEXT, note)
    await speech.reach(10**9)

    assert tts.asked == [TEXT, "and on Sunday, I am sorry, we are closed."]
    assert speech.text == TEXT
    assert speech.failure is None
    assert note.names == ["engine_failed"]


async def test_a_sound_that_breaks_off_twice(tts: FakeTts, tmp_path: Path) -> None:
    """Is given up: whoever speaks it learns that it is not whole."""
    tts.breaks_off_after = [5, 5]
    speech = voice(tts, tmp_path).say(TEXT, Noted())
    await speech.reach(10**9)

    assert len(tts.asked) == 2
    assert speech.failure is not None


@pytest.mark.parametrize(
    ("said", "rest"),
    [(0, TEXT), (3, TEXT), (31, "and on Sunday, I am sorry, we are closed."), (999, "we are closed.")],
)
def test_the_rest_begins_with_a_clause(said: int, rest: str) -> None:
    """Rather some words twice than one never."""
    assert unsaid(TEXT, said * CHARACTER_MS) == rest


async def test_silence_is_no_recording(tts: FakeTts, tmp_path: Path) -> None:
    """An engine that gives nothing has not rendered the phrase."""
    tts.breaks_off_after = []
    with pytest.raises(EngineError, match="without sound"):
        await Voice(Ladder[Speaker]("tts", 1.0, [Rung("mute", Mute(), 0.1, looks_well)]), "m", tmp_path).keep(
            ["Hello."]
        )


class Mute:
    """Ends before it began."""

    async def speak(self, text: str, rate_hz: int) -> AsyncGenerator[bytes, None]:
        """Nothing."""
        assert text
        assert rate_hz
        for piece in list[bytes]():
            yield piece
