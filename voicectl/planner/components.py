"""The engines of each profile: model, precision, device, and the memory that they take."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from voicectl.hardware.facts import Unknown
from voicectl.planner.choose_profile import Profile
from voicectl.planner.gpu_memory import WHISPER_MIB, XTTS_WORKER_MIB, language_mib, speech_workers

if TYPE_CHECKING:
    from voicectl.hardware.facts import Facts

QWEN: Final = "qwen2.5-0.5b-instruct"
SMOLLM: Final = "smollm2-135m-instruct"
QWEN_7B: Final = "qwen2.5-7b-instruct"


@dataclass(frozen=True)
class Component:
    """One engine with its model, where it runs and what it takes."""

    service: str
    """stt-service, tts-service, llm-service or orchestrator."""
    engine: str
    model: str
    """Catalogue id."""
    precision: str
    device: str
    ram_mib: int
    """Resident memory of the process; where the device is "cuda", memory of the card."""
    basis: Literal["measured", "table", "assumed"]
    """Where `ram_mib` comes from."""


# Measured: the highest resident memory of the running services, one call at a time on two cores. Qwen is reckoned from
# its published figures: weights, two contexts of 2,048 tokens, compute buffer, and the server's own 60 MiB.
_WHISPER: Final = Component("stt-service", "faster-whisper", "whisper-tiny.en", "int8", "cpu", 260, "measured")
_PIPER: Final = Component("tts-service", "piper", "piper-en_US-joe-medium", "float32", "cpu", 215, "measured")
_MATCHER: Final = Component("orchestrator", "onnxruntime", "minilm-l6-v2", "int8", "cpu", 300, "measured")
_LISTENER: Final = Component("orchestrator", "onnxruntime", "silero-vad-v6", "float32", "cpu", 20, "measured")
_QWEN: Final = Component("llm-service", "ollama", QWEN, "q4_k_m", "cpu", 800, "table")
_SMOLLM: Final = Component("llm-service", "ollama", SMOLLM, "q4_1", "cpu", 300, "measured")


def components_of(profile: Profile, calls: int, facts: "Facts") -> tuple[Component, ...]:
    """The engines, in the order in which their services start."""
    if profile == "gpu":
        return _on_card(calls)
    speaks = (_QWEN if language_model(facts) == QWEN else _SMOLLM,) if profile == "cpu" else ()
    return _WHISPER, _PIPER, *speaks, _MATCHER, _LISTENER


def _on_card(calls: int) -> tuple[Component, ...]:
    speech = speech_workers(calls) * XTTS_WORKER_MIB
    return (
        Component("stt-service", "faster-whisper", "distil-large-v3", "int8_float16", "cuda", WHISPER_MIB, "table"),
        Component("tts-service", "xtts", "xtts-v2", "float32", "cuda", speech, "table"),
        Component("llm-service", "ollama", QWEN_7B, "q4_k_m", "cuda", language_mib(calls), "table"),
        _MATCHER,
        _LISTENER,
    )


def language_model(facts: "Facts") -> str:
    """The small Qwen where it can be had or already lies here; otherwise the one that a package carries."""
    if isinstance(facts.models, Unknown):
        return SMOLLM
    return QWEN if facts.models.hub_reachable or QWEN in facts.models.in_store else SMOLLM
