"""What is heard and what is understood, with their units."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RATE_HZ: Final = 16_000
"""What Whisper listens at."""

Audio = NDArray[np.float32]
"""Mono at RATE_HZ, -1 to 1."""

SHORT_WINDOW_S: Final = 10
"""Shorter ones make Whisper say a sentence again and again. Words wrong with tiny.en on human voices at 8 kHz
(benchmarks/recogniser.py --windows): 41 % at 6 s, 20 % at 8 s, and 6 % at 10 s and more. A penalty for repetition cures
that, and loses second sentences: of "On Saturday we are open. On Sunday we are closed" it hears the first."""

FULL_WINDOW_S: Final = 30
"""What Whisper was trained on."""


@dataclass(frozen=True)
class Utterance:
    """At most 30 s of somebody speaking, and how long a window to hear it in."""

    audio: Audio
    window_s: int

    @property
    def seconds(self) -> float:
        """How long the audio is."""
        return len(self.audio) / RATE_HZ


@dataclass(frozen=True, eq=False)
class Encoded:
    """An utterance as the model's encoder sees it: enough to find its words, as often as they are asked for."""

    utterance: Utterance
    states: NDArray[Any] | None
    """Positions x width; None where nothing is loud enough to be a voice."""
    took_ms: float
    """The encoder's run, for the whole batch."""


@dataclass(frozen=True)
class Transcript:
    """What was understood."""

    text: str
    no_speech_prob: float
    """How sure the model is that nobody spoke."""
    avg_logprob: float
    """Mean over the tokens; below -1 the words are guesses."""
    audio_ms: int
    inference_ms: float
    batch_size: int
    """How many utterances were recognised together."""


def utterances(audio: Audio, shortest_s: int) -> list[Utterance]:
    """The audio in pieces that fit a window each, cut where it is quietest; no window is shorter than that."""
    pieces = []
    while len(audio) > FULL_WINDOW_S * RATE_HZ:
        end = _quietest(audio)
        pieces.append(Utterance(audio[:end], FULL_WINDOW_S))
        audio = audio[end:]
    return [*pieces, Utterance(audio, _window_s(len(audio) / RATE_HZ, shortest_s))]


def _window_s(speech_s: float, shortest_s: int) -> int:
    """A second more than the speech, in whole even seconds, so that utterances of different length share a batch."""
    needed_s = 2 * int(np.ceil((speech_s + 1) / 2))
    return min(max(shortest_s, needed_s), FULL_WINDOW_S)


def _quietest(audio: Audio) -> int:
    """Where to cut: the quietest tenth of a second in the last third of a full window."""
    tenth, first = RATE_HZ // 10, FULL_WINDOW_S * RATE_HZ * 2 // 3
    energies = np.square(audio[first : FULL_WINDOW_S * RATE_HZ]).reshape(-1, tenth).sum(axis=1)
    return int(first + energies.argmin() * tenth + tenth // 2)
