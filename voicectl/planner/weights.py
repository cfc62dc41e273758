"""F1 and F2: how many bytes a language model's weights take, tensor by tensor, as llama.cpp quantises them."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from voicectl.catalogue.language_model import LanguageModel, LanguagePrecision

TensorType = Literal["f32", "f16", "q8_0", "q4_0", "q4_1", "q5_0", "q5_1", "q4_k", "q5_k", "q6_k"]
Part = Literal["embedding", "output", "body"]
_BLOCKS: Final[dict[TensorType, tuple[int, int]]] = {
    # values in a block, bytes of a block (ggml's own structures)
    "f32": (1, 4),
    "f16": (1, 2),
    "q8_0": (32, 34),
    "q4_0": (32, 18),
    "q4_1": (32, 20),
    "q5_0": (32, 22),
    "q5_1": (32, 24),
    "q4_k": (256, 144),
    "q5_k": (256, 176),
    "q6_k": (256, 210),
}
# A row that is no multiple of 256 cannot hold a K block (that is why Qwen 2.5 0.5B takes 6.4 bits a weight).
_WITHOUT_K: Final[dict[TensorType, TensorType]] = {"q4_k": "q5_0", "q5_k": "q5_1", "q6_k": "q8_0"}
_PLAIN: Final[dict[str, TensorType]] = {"q4_k_m": "q4_k", "q5_k_m": "q5_k"}
_FUSED: Final[dict[str, TensorType]] = {"q4_k_m": "q5_k", "q5_k_m": "q6_k"}
_MIB: Final = 2**20


def disk_bytes(model: "LanguageModel", precision: "LanguagePrecision") -> int:
    """The GGUF file: every tensor, and the names and the tokenizer in front of them."""
    return sum(size for _, size in _tensors(model, precision)) + model.metadata_kb * 1000


@cache  # asked for again by every layout that is tried
def weights_mib(model: "LanguageModel", precision: "LanguagePrecision") -> float:
    """What lies in video memory when every layer is on the card: an embedding that is not the output stays outside."""
    stays_outside = "embedding" if not model.tied else "output"
    return sum(size for part, size in _tensors(model, precision) if part != stays_outside) / _MIB


def _tensors(model: "LanguageModel", precision: "LanguagePrecision") -> Iterator[tuple[Part, int]]:
    base: TensorType = _PLAIN.get(precision) or _whole(precision)
    ends: TensorType = base if precision in {"f16", "q8_0"} else "q6_k"
    yield "embedding", _size(ends if model.tied else base, model.vocabulary, model.hidden)
    if not model.tied:
        yield "output", _size(ends, model.vocabulary, model.hidden)
    yield "body", _size("f32", 1, model.hidden)
    for layer in range(model.layers):
        yield "body", _layer(model, precision, base, layer)


def _layer(model: "LanguageModel", precision: "LanguagePrecision", base: TensorType, layer: int) -> int:
    mixed = precision in _PLAIN
    better: TensorType = "q6_k" if mixed and _keeps_more_bits(layer, model.layers) else base
    values: TensorType = "q5_k" if model.eight_share_values and better == "q4_k" else better
    query, key = model.heads * model.head_size, model.kv_heads * model.head_size
    if model.fused:
        attention = _size(_FUSED.get(precision, base), query + 2 * key, model.hidden)
    else:
        attention = _size(base, query + key, model.hidden) + _size(values, key, model.hidden)
    feed_forward = _size(base, 2 * model.feed_forward, model.hidden) + _size(better, model.hidden, model.feed_forward)
    small = 2 * model.hidden + (query + 2 * key if model.biased else 0)
    return attention + _size(base, model.hidden, query) + feed_forward + _size("f32", 1, small)


def _keeps_more_bits(layer: int, layers: int) -> bool:
    """llama.cpp's `use_more_bits`: the first and the last eighth, and every third layer between."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2  # noqa: PLR2004 - its own


def _size(kind: TensorType, rows: int, columns: int) -> int:
    values, size = _BLOCKS[kind]
    if columns % values and kind in _WITHOUT_K:
        return _size(_WITHOUT_K[kind], rows, columns)
    return rows * columns // values * size


def _whole(precision: str) -> TensorType:
    """A precision that is one tensor type throughout."""
    kinds: dict[str, TensorType] = {"q4_0": "q4_0", "q4_1": "q4_1", "q8_0": "q8_0", "f16": "f16"}
    return kinds[precision]
