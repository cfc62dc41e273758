"""What the service needs of a voice, whichever engine it comes from."""

from collections.abc import Iterator
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
"""Mono, -1 to 1."""

WARM_UP: Final = "Hello. This is the first sentence that I say today."
"""What a voice says before anybody hears it, by which it is known and proved."""


class Voice(Protocol):
    """One loaded voice; not for several threads at once."""

    rate_hz: int

    def say(self, sentence: str, speed: float) -> Iterator[Sound]:
        """The sentence as sound, the first of it early; each piece is made when it is asked for."""
