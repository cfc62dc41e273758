"""Speech as numbers: each sample of a word is the word's number, so that fakes hear exactly what sound contains."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np

SAMPLES_PER_MS: Final = 8
WORD_MS: Final = 260
HEARD: Final = 0.6
"""So much of a word must be there to be understood."""


@dataclass(frozen=True)
class Word:
    """One word as it was spoken once."""

    text: str
    length_ms: int
    mumbled: str = ""
    """What a short recognition window takes it for."""

    @property
    def is_noise(self) -> bool:
        """`[cough]`: voice without words."""
        return self.text.startswith("[")

    @property
    def voice(self) -> float:
        """How sure a speech detector is; `[hum]` leaves it in doubt."""
        return 0.4 if self.text == "[hum]" else 0.9


class Vocabulary:
    """All words of one call, by number."""

    def __init__(self) -> None:
        self._words: list[Word] = []

    def say(self, text: str, word_ms: int = WORD_MS) -> bytes:
        """Sound of a text: words, `word:600` of another length, `(300)` silence, `wrong/right` for a mumbled word."""
        return b"".join(self._token(token, word_ms) for token in text.split())

    def __getitem__(self, number: int) -> Word:
        return self._words[number - 1]

    def heard(self, pcm: bytes) -> list[Word]:
        """The words of which enough is there."""
        return [self[number] for number, _, samples in runs(pcm) if number and self._is_whole(number, samples)]

    def voice(self, pcm: bytes) -> float:
        """What a speech detector makes of one window."""
        numbers = np.frombuffer(pcm, "<i2")
        voiced = numbers[numbers != 0]
        return self[int(voiced[0])].voice if len(voiced) * 2 >= len(numbers) else 0.0

    def _is_whole(self, number: int, samples: int) -> bool:
        return samples >= HEARD * self[number].length_ms * SAMPLES_PER_MS

    def _token(self, token: str, word_ms: int) -> bytes:
        if token.startswith("("):
            return bytes(2 * SAMPLES_PER_MS * int(token.strip("()")))
        spelled, _, length = token.strip("[]").partition(":")
        mumbled, slash, text = spelled.rpartition("/")
        text = f"[{text}]" if token.startswith("[") else text
        self._words.append(Word(text, int(length or word_ms), mumbled if slash else ""))
        samples = self._words[-1].length_ms * SAMPLES_PER_MS
        return np.full(samples, len(self._words), "<i2").tobytes()


def runs(pcm: bytes) -> Iterator[tuple[int, int, int]]:
    """Each stretch of one number: the number, the sample where it begins, and how many samples it lasts."""
    at = 0
    for number, stretch in groupby(np.frombuffer(pcm, "<i2").tolist()):
        length = len(list(stretch))
        yield number, at, length
        at += length


def at_rate(rate_hz: int, pcm: bytes) -> bytes:
    """The same words at another rate."""
    return np.frombuffer(pcm, "<i2").repeat(rate_hz // (1000 * SAMPLES_PER_MS)).tobytes()


def every_other(pcm: bytes) -> bytes:
    """Wideband as narrowband: a filter would make other words of the numbers."""
    return np.frombuffer(pcm, "<i2")[::2].tobytes()
