"""How sure it is that a caller begins to speak over the agent: a doubtful window counts little, several are a word."""

from typing import Final

HINT: Final = 0.2
"""Silero takes a tenth of a second to be sure of a word that begins with a vowel; a line's noise stays below this."""
FADING: Final = 0.85
"""A window."""
ENOUGH: Final = 0.75
"""A window without doubt and a hint, or three doubtful ones. Of 96 beginnings of questions in flite's voice all reach
it within 120 ms, half of them within 20; a minute each of white noise, hum, clicks and bangs never does."""
MOST: Final = 3.0
"""Only speech goes beyond this: a hum at 0.4 gathers 2.7 in all."""


class Onset:
    """Evidence, window by window; each stop that was false makes the next one harder, so that noise cannot stutter."""

    def __init__(self) -> None:
        self._evidence = 0.0
        self._needed = ENOUGH

    def heard(self, probability: float) -> None:
        """One window while the agent speaks."""
        self._evidence = self._evidence * FADING + (probability if probability >= HINT else 0.0)

    @property
    def is_plain(self) -> bool:
        """Whether the agent should fall silent."""
        return self._evidence >= self._needed

    def was_false(self) -> None:
        """What the agent fell silent for was nothing."""
        self._needed = min(MOST, self._needed * 2)

    def forget(self) -> None:
        """What comes next is another sound."""
        self._evidence = 0.0
