"""F3 to F5: what a language model takes beside its weights: keys and values, compute buffers, a CUDA context."""

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from voicectl.catalogue.language_model import LanguageModel

KvPrecision = Literal["f16", "q8_0", "q4_0"]
KV_BYTES: Final[dict[KvPrecision, float]] = {"f16": 2, "q8_0": 34 / 32, "q4_0": 18 / 32}
BATCH_TOKENS: Final = 512
CONTEXT_MIB: Final = 457
"""One CUDA context (Ollama's own constant); 300 to 557 were seen."""
CONTEXT_RANGE_MIB: Final = (300, 557)
COMPUTE_RANGE_MIB: Final = 35
"""Newer builds of llama.cpp were seen this far from the formula."""
_MIB: Final = 2**20


def kv_token_bytes(model: "LanguageModel", precision: KvPrecision = "f16") -> float:
    """Keys and values of one token, over all layers."""
    return 2 * model.layers * model.kv_heads * model.head_size * KV_BYTES[precision]


def kv_mib(model: "LanguageModel", tokens: int, precision: KvPrecision = "f16") -> float:
    """Keys and values of that many tokens: Ollama allocates them for every parallel answer, used or not."""
    return kv_token_bytes(model, precision) * tokens / _MIB


def compute_mib(model: "LanguageModel", batch_tokens: int = BATCH_TOKENS) -> float:
    """Scratch memory of one batch with flash attention: the logits and one hidden state in float32."""
    return batch_tokens * (model.vocabulary + model.hidden) * 4 / _MIB
