"""Language models as architectures, from `language_models.toml`."""

from dataclasses import dataclass
from typing import Literal

from voicectl.catalogue.provenance import Basis, SeedClaim

LanguagePrecision = Literal["q4_0", "q4_1", "q4_k_m", "q5_k_m", "q8_0", "f16"]
_OLLAMA = {"q4_k_m": "q4_K_M", "q5_k_m": "q5_K_M", "f16": "fp16"}


@dataclass(frozen=True)
class WeightsTable:
    """Published weights in video memory, by precision; the test of the formula."""

    q4_0: int | None = None
    q4_k_m: int | None = None
    q5_k_m: int | None = None
    q8_0: int | None = None
    f16: int | None = None


@dataclass(frozen=True)
class GenerationSpeed:
    """How fast a model was seen to answer."""

    device: Literal["cpu", "cuda"]
    tokens_s: float
    first_token_ms: float
    basis: Basis
    source: str


@dataclass(frozen=True)
class LanguageModel:
    """One row."""

    id: str
    title: str
    tag: str
    """Ollama's full name with {precision} open."""
    parameters_m: int
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_size: int
    feed_forward: int
    vocabulary: int
    metadata_kb: int
    """What the file holds besides tensors."""
    context_tokens: int
    """The longest that it was trained for."""
    precisions: tuple[LanguagePrecision, ...]
    quality: int
    licence: str
    source: str
    tied: bool = False
    """The output matrix is the embedding."""
    biased: bool = False
    """Query, key and value have biases."""
    fused: bool = False
    """Query, key and value are one tensor."""
    eight_share_values: bool = False
    """llama.cpp keeps the values of a 70B at more bits, since eight heads share them."""
    truthful: bool = True
    weights_mib: WeightsTable = WeightsTable()
    speed: tuple[GenerationSpeed, ...] = ()
    seed: SeedClaim | None = None

    def tag_at(self, precision: LanguagePrecision) -> str:
        """Ollama's name of this very quantisation."""
        return self.tag.replace("{precision}", _OLLAMA.get(precision, precision))
