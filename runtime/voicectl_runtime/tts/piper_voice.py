"""Piper (GPL-3.0-or-later): imported by this service only, in its own process and environment."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from piper import PiperVoice
from piper.config import PiperConfig

from voicectl_runtime.tts.vits import Given, Vits
from voicectl_runtime.tts.voice import WARM_UP, Sound

LOUDEST: Final = 0.65
"""Of full scale, for the warm-up: the loudest of 53 others was half as loud again. One gain for all of them:
Piper's own way, each sentence as loud as can be, needs the whole sentence, and makes short ones shout."""


class Piper:
    """A Piper voice on few threads that sleep when they have nothing to do."""

    def __init__(self, model_file: Path, threads: int) -> None:
        """Load the voice and the JSON file beside it, and find out how loud it is."""
        config = json.loads(model_file.with_name(model_file.name + ".json").read_text(encoding="utf-8"))
        self._vits = Vits(model_file, threads)
        self._voice: Any = PiperVoice(session=None, config=PiperConfig.from_dict(config))
        self.rate_hz: int = self._voice.config.sample_rate
        self._gain = np.float32(1)
        self._gain = np.float32(LOUDEST / max(np.abs(sound).max() for sound in self.say(WARM_UP, 1)))

    def say(self, sentence: str, speed: float) -> Iterator[Sound]:
        """The sentence as sound; Piper may see several sentences in it."""
        for phonemes in self._voice.phonemize(sentence):
            if phonemes:
                for sound in self._vits.speak(self._given(phonemes, speed)):
                    yield sound * self._gain

    def _given(self, phonemes: list[str], speed: float) -> Given:
        """What the model wants to know, by the names that Piper's training gives it."""
        manner, ids = self._voice.config, self._voice.phonemes_to_ids(phonemes)
        given = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([manner.noise_scale, manner.length_scale / speed, manner.noise_w_scale], np.float32),
        }
        return given if manner.num_speakers <= 1 else given | {"sid": np.zeros(1, np.int64)}
