"""What the service needs of a voice, whichever engine it comes from."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
"""Mono, -1 to 1."""


class Voice(Protocol):
    """One loaded voice; not for several threads at once."""

    rate_hz: int

    def say(self, sentence: str, speed: float) -> Iterator[Sound]:
        """The sentence as sound, the first of it early; each piece is made when it is asked for."""
