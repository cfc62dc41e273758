"""Keeps words away that nobody said: Whisper was trained on subtitles and hears "thank you" in an empty line."""

from typing import Final

import numpy as np

from voicectl_runtime.stt.utterance import RATE_HZ, Audio

QUIETEST_SPEECH_DB: Final = -55.0
"""Loudest 30 ms, relative to full scale. Whispering into a telephone reaches -45; an idle line stays below -60."""

SURE_NO_SPEECH: Final = 0.6
GUESSING: Final = -1.0
"""Whisper's own rule: nobody spoke where it says so and its words are guesses."""

DOUBTFUL_NO_SPEECH: Final = 0.25
BABBLE: Final = -1.8
"""Where it half doubts that somebody spoke, words this unlikely come from a hum or a tone."""

PHANTOMS: Final = frozenset(
    {
        "thank you", "thanks", "thank you very much", "thanks for watching", "thank you for watching", "you", "bye",
        "the", "so", "oh", "okay", "i'm sorry", "please subscribe", "music", "silence", "blank_audio", "",
    }
)  # fmt: skip
"""What subtitles put where nothing is said."""


def is_silent(audio: Audio) -> bool:
    """Nothing on the line is loud enough to be a voice."""
    frame = RATE_HZ * 30 // 1000
    if len(audio) < frame:
        return True
    energies = np.square(audio[: len(audio) // frame * frame]).reshape(-1, frame).mean(axis=1)
    return 10 * float(np.log10(energies.max() + 1e-12)) < QUIETEST_SPEECH_DB


def is_phantom(text: str, no_speech_prob: float, avg_logprob: float) -> bool:
    """The model itself doubts that somebody spoke, or offers what it offers to silence."""
    if not any(letter.isalnum() for letter in text):
        return True
    if no_speech_prob > SURE_NO_SPEECH and avg_logprob < GUESSING:
        return True
    if no_speech_prob > DOUBTFUL_NO_SPEECH and avg_logprob < BABBLE:
        return True
    words = text.strip(" .!?,[]()*-♪").casefold()
    return words in PHANTOMS and no_speech_prob > DOUBTFUL_NO_SPEECH
