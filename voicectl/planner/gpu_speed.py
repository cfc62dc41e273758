"""How fast a card hears, thinks and speaks: bandwidth and compute against the models' sizes (F10 to F12)."""

from statistics import harmonic_mean
from typing import TYPE_CHECKING, Final

from voicectl.planner.language_memory import kv_token_bytes
from voicectl.planner.traffic import (
    FIRST_CLAUSE_TOKENS,
    NEW_PROMPT_TOKENS,
    REPLY_TOKENS,
    SPOKEN_WORDS_TOKENS,
    TURN_EVERY_S,
    UNCACHED_PROMPT_TOKENS,
)
from voicectl.planner.weights import weights_mib

if TYPE_CHECKING:
    from voicectl.catalogue.speech_model import SpeechModel
    from voicectl.catalogue.voice import Voice
    from voicectl.planner.cards import Card
    from voicectl.planner.ledger import Speaking

_MIB: Final = 2**20
_EFFICIENCY: Final = 0.55
"""Of the compute that a data sheet promises (facts/performance.md 2: Whisper's encoder on a 4090 reaches it)."""
_READ_OVERHEAD: Final = 1.20
_LAYER_MS: Final = 0.048
"""Both fitted to 20 measurements on RTX 2080 and 5070, one stream (F10): 2.7 % off in the mean, at most 11."""
_SERIAL_SHARE: Final = 0.46
"""Of Ollama's work that parallel answers do not share (0.39 to 0.54 measured by others)."""
_MEL_MS: Final = 1.3
_GATHER_MS: Final = 6.0
_DECODER_LAYER_MS: Final = 0.1
_DECODER_TOKEN_MS: Final = 0.2
"""Launches of Whisper's decoder, fitted to large-v3 on a 4090 (102 ms, 32 layers, about 20 tokens)."""
_WINDOW_FRAMES: Final = 500
_XTTS_M: Final = 379
_XTTS_TOKEN_MS: Final = 46.4
"""The speech that one token of XTTS stands for."""
_VOCODER_FACTOR: Final = 2.0
"""Assumed: XTTS vocodes the whole beginning again for every chunk."""


def hear_ms(model: "SpeechModel", card: "Card") -> float:
    """One caller's words in a window of 10 s: features, encoder, decoder, and the wait for others in the batch."""
    encode_ms = 2 * model.encoder_m * 1e6 * _WINDOW_FRAMES * 1.07 / (_EFFICIENCY * card.tflops_fp16 * 1e12) * 1e3
    token_ms = _DECODER_LAYER_MS * model.decoder_layers + _DECODER_TOKEN_MS
    return encode_ms + SPOKEN_WORDS_TOKENS * token_ms + _MEL_MS + _GATHER_MS


def token_ms(speaking: "Speaking", cards: "tuple[Card, ...]") -> float:
    """F10: one token of one answer; it passes through the cards that hold a share of the layers one after the other."""
    bandwidth = harmonic_mean([card.bandwidth_gb_s for card in cards]) * 1e9
    used = kv_token_bytes(speaking.model, speaking.kv) * speaking.context_tokens / 2
    read = weights_mib(speaking.model, speaking.precision) * _MIB + used
    return _READ_OVERHEAD * read / bandwidth * 1e3 + _LAYER_MS * speaking.model.layers


def tensor_parallel_ms(speaking: "Speaking", cards: "tuple[Card, ...]") -> float:
    """The same where a server splits every layer over the cards, so that they read at the same time."""
    whole_ms, layers_ms = token_ms(speaking, cards), _LAYER_MS * speaking.model.layers
    together = sum(card.bandwidth_gb_s for card in cards) / harmonic_mean([card.bandwidth_gb_s for card in cards])
    return (whole_ms - layers_ms) / together + layers_ms


def prefill_ms(speaking: "Speaking", cards: "tuple[Card, ...]", tokens: int) -> float:
    """F11: reading a prompt takes the compute for its tokens, and never less than reading the weights once."""
    flops = harmonic_mean([card.tflops_fp16 for card in cards]) * 1e12 * _EFFICIENCY
    bandwidth = harmonic_mean([card.bandwidth_gb_s for card in cards]) * 1e9
    compute_ms = 2 * speaking.model.parameters_m * 1e6 * tokens / flops * 1e3
    return max(compute_ms, weights_mib(speaking.model, speaking.precision) * _MIB / bandwidth * 1e3)


def first_token_ms(speaking: "Speaking", cards: "tuple[Card, ...]") -> float:
    """On a cached prefix."""
    return prefill_ms(speaking, cards, NEW_PROMPT_TOKENS)


def clause_ms(speaking: "Speaking", cards: "tuple[Card, ...]") -> float:
    """From the first token to the end of the first clause."""
    return (FIRST_CLAUSE_TOKENS - 1) * token_ms(speaking, cards)


def uncached_ms(speaking: "Speaking", cards: "tuple[Card, ...]") -> float:
    """The first token where the cache was lost."""
    return prefill_ms(speaking, cards, UNCACHED_PROMPT_TOKENS)


def thinking_share(speaking: "Speaking", cards: "tuple[Card, ...]") -> float:
    """The share of Ollama's serial work that one call keeps busy."""
    return thinking_share_at(token_ms(speaking, cards))


def thinking_share_at(a_token_ms: float) -> float:
    """The same at a known speed."""
    return _SERIAL_SHARE * REPLY_TOKENS * a_token_ms / 1e3 / TURN_EVERY_S


def speaking_share(voice: "Voice", card: "Card") -> float:
    """The share of a card that one speaking stream takes: XTTS reads its float32 weights for every token."""
    if not voice.exclusive:
        return voice.real_time_factor
    read_ms = _XTTS_M * 1e6 * 4 / (card.bandwidth_gb_s * 1e9) * 1e3
    return _READ_OVERHEAD * read_ms * _VOCODER_FACTOR / _XTTS_TOKEN_MS
