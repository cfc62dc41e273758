"""Whisper: several utterances in, their transcripts out, as one batch."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray

from voicectl_runtime.stt.silence import is_phantom, is_silent
from voicectl_runtime.stt.utterance import RATE_HZ, Audio, Encoded, Transcript, Utterance

FRAMES_PER_S: Final = 100

TOKENS_PER_S: Final = 7
SPARE_TOKENS: Final = 12
"""Nobody speaks faster than this; a decoder that goes on is in a loop, and the caller is waiting."""

MOST_HINT_TOKENS: Final = 120
"""Whisper reads at most 224 tokens of earlier text; each of them costs the caller time."""


LIGHT_BYTES: Final = 100_000_000
"""A decoder this small spends tens of microseconds on each step of a token: to share them between threads takes longer
than it saves. EPYC, tiny.en, ten tokens: 115 ms on two threads, 90 ms on one. So it gets a copy of the weights that
runs on one thread, and leaves the other to the next caller's encoder."""


class LanguageError(Exception):
    """The model does not know the language that was asked for."""


class Recogniser:
    """One loaded model; one thread may encode while another decodes."""

    def __init__(self, model_dir: Path, *, compute_type: str, device: str, threads: int) -> None:
        """Load the weights.

        Raises:
            FileNotFoundError: they are not there; faster-whisper would go and look for them on a model hub.
        """
        weights = model_dir / "model.bin"
        if not weights.is_file():
            raise FileNotFoundError(f"{weights} is missing; run `voicectl models fetch`")
        loaded = WhisperModel(str(model_dir), device=device, compute_type=compute_type, cpu_threads=threads)
        self._encoder: Any = loaded.model
        self._decoder: Any = self._encoder
        if device == "cpu" and threads > 1 and weights.stat().st_size < LIGHT_BYTES:
            self._decoder = ctranslate2.models.Whisper(str(model_dir), compute_type=compute_type, intra_threads=1)
        self._features = loaded.feature_extractor
        self._words = loaded.hf_tokenizer
        self._is_multilingual: bool = self._encoder.is_multilingual

    def prompt(self, language: str, hints: str = "") -> list[int]:
        """The tokens that tell Whisper what to do: this language, no time stamps, as if `hints` had been said before.

        Raises:
            LanguageError: the model does not know it.
        """
        if not self._is_multilingual and language != "en":
            raise LanguageError(f"this model understands en only, not {language!r}")
        try:
            tokenizer = Tokenizer(self._words, self._is_multilingual, task="transcribe", language=language)
        except ValueError as error:
            raise LanguageError(f"{language!r} is not a language that this model understands") from error
        before = tokenizer.encode(f" {hints}")[:MOST_HINT_TOKENS] if hints else []
        start = [tokenizer.sot_prev, *before] if before else []
        return [*start, *tokenizer.sot_sequence, tokenizer.no_timestamps]

    def recognise(self, batch: Sequence[Utterance], prompt: Sequence[int]) -> list[Transcript]:
        """Transcribe utterances that have the same window."""
        return self.decode(self.encode(batch), prompt)

    def encode(self, batch: Sequence[Utterance]) -> list[Encoded]:
        """The first half of the work, whatever words are expected; all utterances have the same window."""
        began = time.perf_counter()
        spoken = [each for each in batch if not is_silent(each.audio)]
        found = dict(zip(map(id, spoken), self._states(spoken) if spoken else (), strict=True))
        took_ms = (time.perf_counter() - began) * 1000
        return [Encoded(each, found.get(id(each)), took_ms) for each in batch]

    def decode(self, batch: Sequence[Encoded], prompt: Sequence[int]) -> list[Transcript]:
        """The second half: the words of utterances that have the same window."""
        began = time.perf_counter()
        spoken = [each for each in batch if each.states is not None]
        found = dict(zip(map(id, spoken), self._generate(spoken, prompt) if spoken else [], strict=True))
        took_ms = (time.perf_counter() - began) * 1000
        return [self._transcript(each, found.get(id(each)), took_ms, len(batch)) for each in batch]

    def _states(self, batch: Sequence[Utterance]) -> NDArray[Any]:
        features = np.stack([self._log_mel(each.audio, each.window_s) for each in batch])
        encoded = self._encoder.encode(ctranslate2.StorageView.from_array(features), to_cpu=True)
        states: NDArray[Any] = np.array(encoded)
        return states

    def _generate(self, batch: Sequence[Encoded], prompt: Sequence[int]) -> list[Any]:
        most_tokens = max(_most_tokens(each.utterance) for each in batch)
        results: list[Any] = self._decoder.generate(
            ctranslate2.StorageView.from_array(np.stack([each.states for each in batch if each.states is not None])),
            [list(prompt)] * len(batch),
            beam_size=1,
            # CTranslate2 counts the prompt, and spends at most half of it on new tokens.
            max_length=max(2 * most_tokens, len(prompt) + most_tokens),
            return_scores=True,
            return_no_speech_prob=True,
        )
        return results

    def _log_mel(self, audio: Audio, window_s: int) -> NDArray[np.float32]:
        """Whisper's view of the audio, filled with zeros up to the window's end, as faster-whisper does."""
        frames = window_s * FRAMES_PER_S
        mel: NDArray[np.float32] = self._features(audio)[:, :frames]
        return np.pad(mel, ((0, 0), (0, frames - mel.shape[1]))).astype(np.float32)

    def _transcript(self, heard: Encoded, result: Any | None, decoding_ms: float, batch_size: int) -> Transcript:
        audio_ms, inference_ms = round(heard.utterance.seconds * 1000), round(heard.took_ms + decoding_ms, 1)
        if result is None:
            return Transcript("", 1.0, 0.0, audio_ms, inference_ms, batch_size)
        tokens = result.sequences_ids[0][: _most_tokens(heard.utterance)]
        text = self._words.decode(tokens).strip()
        no_speech_prob, avg_logprob = float(result.no_speech_prob), float(result.scores[0])
        if is_phantom(text, no_speech_prob, avg_logprob):
            text = ""
        return Transcript(text, round(no_speech_prob, 4), round(avg_logprob, 4), audio_ms, inference_ms, batch_size)


def _most_tokens(heard: Utterance) -> int:
    return int(len(heard.audio) / RATE_HZ * TOKENS_PER_S) + SPARE_TOKENS
