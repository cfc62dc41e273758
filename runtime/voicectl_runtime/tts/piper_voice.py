"""Piper (GPL-3.0-or-later): imported by this service only, in its own process and environment."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from piper import PiperVoice
from piper.config import PiperConfig, SynthesisConfig

from voicectl_runtime.onnx_session import onnx_session
from voicectl_runtime.tts.voice import Sound


class Piper:
    """A Piper voice on few threads that sleep when they have nothing to do."""

    def __init__(self, model_file: Path, threads: int) -> None:
        """Load the voice and the JSON file beside it; Piper's own loader would take every core."""
        config = json.loads(model_file.with_name(model_file.name + ".json").read_text(encoding="utf-8"))
        session = onnx_session(model_file, threads)
        self._voice: Any = PiperVoice(session=session, config=PiperConfig.from_dict(config))
        self.rate_hz: int = self._voice.config.sample_rate

    def say(self, sentence: str, speed: float) -> Sound:
        """The sentence as sound; Piper may see several sentences in it."""
        manner = SynthesisConfig(length_scale=self._voice.config.length_scale / speed)
        sounds = [chunk.audio_float_array for chunk in self._voice.synthesize(sentence, manner)]
        return np.concatenate(sounds) if sounds else np.zeros(0, np.float32)
