"""How much of a card's memory the gpu profile takes, by published figures and formulas; a measurement replaces them."""

from math import ceil
from typing import Final

WHISPER_MIB: Final = 1481
"""distil-large-v3 at int8_float16, its CUDA context included (faster-whisper's own table)."""
XTTS_WORKER_MIB: Final = 3072 + 457
"""The budget of one worker process, and its CUDA context."""
_QWEN_7B_MIB: Final = 4168 + 304 + 457  # weights at Q4_K_M, compute buffer at batch 512, CUDA context
_QWEN_7B_CALL_MIB: Final = 224  # keys and values of 4,096 tokens at float16
_FIT_MARGIN_MIB: Final = 1024  # below this llama-server moves layers to the processor
# A worker is kept 70 % busy; the agent speaks 45 % of a call; XTTS takes 0.35 of the time that it makes (assumed).
_WORKERS_A_CALL: Final = 0.45 * 0.35 / 0.7


def speech_workers(calls: int) -> int:
    """XTTS processes: one loaded engine serves one stream at a time."""
    return ceil(round(calls * _WORKERS_A_CALL, 6))


def language_mib(calls: int) -> int:
    """Ollama with one context a call."""
    return _QWEN_7B_MIB + calls * _QWEN_7B_CALL_MIB


def needed_vram_mib(calls: int) -> int:
    """Everything that must lie on the card at once."""
    return WHISPER_MIB + speech_workers(calls) * XTTS_WORKER_MIB + language_mib(calls) + _FIT_MARGIN_MIB


LEAST_VRAM_MIB: Final = needed_vram_mib(1)


def most_calls(vram_mib: int) -> int:
    """The calls that a card of this size carries."""
    calls = 0
    while needed_vram_mib(calls + 1) <= vram_mib:
        calls += 1
    return calls
