"""Whisper tiny.en with its real weights: what is said is understood, and what is not said is not made up."""

import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz import fuzz

from voicectl_runtime.orchestrator.script.scores import plain
from voicectl_runtime.stt.audio import from_pcm
from voicectl_runtime.stt.recogniser import MOST_HINT_TOKENS, LanguageError, Recogniser
from voicectl_runtime.stt.utterance import FULL_WINDOW_S, RATE_HZ, SHORT_WINDOW_S, Audio, utterances

pytestmark = pytest.mark.wire

SECONDS_OF_NOTHING = 60


@pytest.fixture(scope="module")
def recogniser(models_dir: Path) -> Recogniser:
    """The model that the embedded profile uses."""
    return Recogniser(models_dir / "whisper-tiny.en", compute_type="int8", device="cpu", threads=2)


def heard(recogniser: Recogniser, audio: Audio, window_s: int) -> str:
    """All that it understands."""
    prompt = recogniser.prompt("en")
    return " ".join(
        each.text for piece in utterances(audio, window_s) for each in recogniser.recognise([piece], prompt)
    )


def spoken(text: str, folder: Path, voice: str = "slt") -> Audio:
    """A synthetic caller over a telephone's 8 kHz."""
    subprocess.run(["flite", "-voice", voice, "-t", text, str(folder / "said.wav")], check=True)
    narrow = ["sox", str(folder / "said.wav"), "-r", "8000", "-b", "16", str(folder / "narrow.wav")]
    subprocess.run(narrow, check=True)
    with wave.open(str(folder / "narrow.wav")) as sound:
        return from_pcm(sound.readframes(sound.getnframes()), 8000)


@pytest.mark.parametrize("window_s", [SHORT_WINDOW_S, FULL_WINDOW_S])
def test_a_question_is_understood(recogniser: Recogniser, tmp_path: Path, window_s: int) -> None:
    """In the window for speculation and in the one for confirmation."""
    assert "opening hours" in heard(recogniser, spoken("What are your opening hours?", tmp_path), window_s)


def test_a_batch_gives_everybody_their_own_words(recogniser: Recogniser, tmp_path: Path) -> None:
    """Several calls in one run of the model understand what each alone would."""
    batch = [
        utterances(spoken(text, tmp_path), SHORT_WINDOW_S)[0]
        for text in ("Where can I park?", "Do you treat children?")
    ]
    parking, children = recogniser.recognise([*batch], recogniser.prompt("en"))
    assert "park" in parking.text
    assert "children" in children.text
    assert parking.batch_size == 2


def test_hints_change_nothing_that_is_heard_well(recogniser: Recogniser, tmp_path: Path) -> None:
    """Beside the longest hints there is room for a long sentence, and the hints are not taken for what was said."""
    said = (
        "Hello, my name is Maria and I live across the river, and I would like to know whether you have any free"
        " appointments on Tuesday or on Wednesday, because my daughter has to be at school on Thursday."
    )
    hints = ", ".join(["appointment", "parking", "wheelchair", "insurance", "whitening"] * 20)
    prompt = recogniser.prompt("en", hints)
    assert len(prompt) == 1 + MOST_HINT_TOKENS + len(recogniser.prompt("en"))
    with_hints = recogniser.recognise(utterances(spoken(said, tmp_path), SHORT_WINDOW_S), prompt)[0].text
    assert fuzz.ratio(plain(with_hints), plain(said)) > 85, with_hints


def test_a_prompt_without_hints_is_the_usual_one(recogniser: Recogniser) -> None:
    """Nothing was said before."""
    assert recogniser.prompt("en", "") == recogniser.prompt("en")


def test_hints_help_where_words_are_misheard(recogniser: Recogniser, tmp_path: Path) -> None:
    """What a voice says unclearly is heard as what callers are expected to say."""
    said = [
        ("slt", "my wisdom teeth need to come out"),
        ("rms", "what about teeth whitening"),
        ("awb", "teeth whitening"),
    ]
    pieces = [utterances(spoken(text, tmp_path, voice), SHORT_WINDOW_S)[0] for voice, text in said]

    def understood(hints: str) -> int:
        words = [each.text.lower() for each in recogniser.recognise(pieces, recogniser.prompt("en", hints))]
        return sum("wisdom teeth" in each or "teeth whitening" in each for each in words)

    assert understood("") < understood("teeth whitening, parking lot, wisdom teeth")


@pytest.mark.parametrize("window_s", [SHORT_WINDOW_S, FULL_WINDOW_S])
@pytest.mark.parametrize("level_db", [-90, -60, -50, -40, -30])
def test_silence_and_line_noise_say_nothing(recogniser: Recogniser, level_db: float, window_s: int) -> None:
    """Whisper's "thank you" on an empty line never becomes a turn, however long the utterance."""
    noise = np.random.default_rng(3).normal(0, 10 ** (level_db / 20), SECONDS_OF_NOTHING * RATE_HZ).astype(np.float32)
    for length_s in (1, 3, 8):
        for start_s in range(0, SECONDS_OF_NOTHING // 3, length_s):
            piece = noise[start_s * RATE_HZ : (start_s + length_s) * RATE_HZ]
            assert heard(recogniser, piece, window_s) == ""
            if window_s == FULL_WINDOW_S and start_s >= length_s:
                break


@pytest.mark.parametrize("tone_hz", [50, 425, 1000])
def test_a_hum_or_a_tone_says_nothing(recogniser: Recogniser, tone_hz: int) -> None:
    """Mains, a dial tone, a test tone."""
    tone = 0.05 * np.sin(2 * np.pi * tone_hz * np.arange(4 * RATE_HZ) / RATE_HZ).astype(np.float32)
    assert heard(recogniser, tone, SHORT_WINDOW_S) == ""


def test_a_language_that_it_does_not_know_is_named(recogniser: Recogniser) -> None:
    """Instead of English words for what was said in German."""
    with pytest.raises(LanguageError, match="'de'"):
        recogniser.prompt("de")
