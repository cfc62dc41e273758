"""Sentences as vectors: all-MiniLM-L6-v2 on ONNX Runtime, in one quiet thread."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from voicectl_runtime.onnx_session import onnx_session

LONGEST_TOKENS: Final = 128
BATCH: Final = 32
"""Sentences at a time; a script of 300 phrasings as one batch would take half a gigabyte for a moment."""

Vectors = NDArray[np.float32]


class Embedder:
    """Turns sentences into unit vectors, so that their dot product says how near two meanings are."""

    def __init__(self, model_file: Path, tokenizer_file: Path) -> None:
        """Load both files; takes about 0.1 s."""
        self._tokenizer: Any = Tokenizer.from_file(str(tokenizer_file))
        # The published tokenizer.json pads everything to 128 tokens, which makes a short question 8 times as dear.
        self._tokenizer.enable_padding()
        self._tokenizer.enable_truncation(LONGEST_TOKENS)
        self._session = onnx_session(model_file)
        self._inputs = {each.name for each in self._session.get_inputs()}

    def embed(self, sentences: Sequence[str]) -> Vectors:
        """One row a sentence."""
        batches = [sentences[start : start + BATCH] for start in range(0, len(sentences), BATCH)]
        return np.concatenate([self._embed_batch(batch) for batch in batches])

    def _embed_batch(self, sentences: Sequence[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(list(sentences))
        mask = np.array([each.attention_mask for each in encoded], np.int64)
        given = {
            "input_ids": np.array([each.ids for each in encoded], np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        (tokens,) = self._session.run(None, {name: given[name] for name in self._inputs})
        weight = mask[:, :, None].astype(np.float32)
        means = (tokens * weight).sum(axis=1) / weight.sum(axis=1)
        unit: Vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
        return unit
