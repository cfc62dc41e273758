"""What was encoded a moment ago: a second hearing of the same sound, with hints, waits for the decoder only."""

import hashlib
from collections import OrderedDict
from typing import Final

from voicectl_runtime.stt.utterance import Encoded, Utterance

MOST: Final = 16
"""Kept: 0.75 MiB each for tiny.en. A second hearing follows the first at once."""


class Lately:
    """The last few utterances by their sound."""

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, Encoded] = OrderedDict()

    def encoded(self, utterance: Utterance) -> Encoded | None:
        """The same sound in the same window, without the time that it took then."""
        kept = self._kept.get(_key(utterance))
        return kept and Encoded(kept.utterance, kept.states, 0.0)

    def keep(self, encoded: Encoded) -> None:
        """Instead of the oldest."""
        self._kept[_key(encoded.utterance)] = encoded
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)


def _key(utterance: Utterance) -> bytes:
    return hashlib.blake2b(utterance.audio.tobytes(), digest_size=16, salt=bytes([utterance.window_s])).digest()
