"""How fast a processor hears, thinks and speaks: work of one core of the reference machine, divided by the threads."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from voicectl.planner.traffic import FIRST_CLAUSE_TOKENS
from voicectl.planner.weights import weights_mib

if TYPE_CHECKING:
    from voicectl.catalogue.language_model import LanguageModel, LanguagePrecision
    from voicectl.catalogue.provenance import Basis
    from voicectl.catalogue.speech_model import SpeechModel
    from voicectl.planner.engines import Engines
    from voicectl.planner.measured import Probe
    from voicectl.planner.tuning import Threads

MATCH_MS: Final = 7.0
"""The script's answer by sentence embeddings (facts/performance.md 0b)."""
# Two public shapes, on one core: tiny.en with the words of a question 240 ms; distil-large-v3 with random weights for
# 10 s of sound 1456 ms.
_WINDOW_CORE_MS: Final = 225.0
_WINDOW_CORE_MS_A_MILLION: Final = 2.11
_ENCODER_SHARE: Final = 0.46
"""Of that work, for a model whose decoder runs on one thread: 110 of tiny.en's 240 ms."""
_LIGHT_PARAMETERS_M: Final = 50
"""Up to here it does; the recogniser itself goes by the size of the file."""
_TOKENS_GB_S: Final = 4.0
"""Weights that one thread reads a second while it generates: SmolLM2 at 41 tokens a second on one thread."""
_PROMPT_MS_A_MILLION: Final = 0.6
"""Forty new tokens: SmolLM2 takes 80 ms on a cached prefix."""


@dataclass(frozen=True)
class CpuSpeed:
    """Wall-clock milliseconds of each engine for one caller alone."""

    recognise_ms: float
    recognise_core_ms: float
    """The same as work of one core."""
    recognise_busy_ms: float
    """For how long the next caller's words wait: encoder and decoder of a light model work beside each other."""
    clause_ms: float
    """The first sound of a sentence that was never spoken before."""
    tokens_s: float
    """Zero: no language model."""
    first_token_ms: float
    basis: "Basis"

    @property
    def first_clause_ms(self) -> float:
        """From the question to the end of the model's first clause."""
        return self.first_token_ms + (FIRST_CLAUSE_TOKENS / self.tokens_s * 1000 if self.tokens_s else 0.0)


def cpu_speed(engines: "Engines", threads: "Threads", probe: "Probe | None" = None) -> CpuSpeed:
    """What the catalogue says of these engines for the threads that the plan gives them; a probe of the same wins."""
    core_ms, basis = _window(engines.stt)
    shares = _shares(engines.stt, threads.stt)
    recognise_ms, clause_ms = core_ms * sum(shares), engines.voice.first_sound_ms
    tokens_s, first_ms = (0.0, 0.0) if engines.llm is None else _thinking(engines.llm, engines.llm_precision, threads)
    if probe is not None and probe.stt == engines.stt.id:
        recognise_ms, core_ms, basis = probe.recognise_ms, probe.recognise_ms / sum(shares), "measured"
    if probe is not None and probe.tts == engines.voice.id:
        clause_ms = probe.clause_ms
    if probe is not None and engines.llm is not None and probe.llm == engines.llm.id:
        tokens_s, first_ms = probe.tokens_s or tokens_s, probe.first_token_ms
    busy_ms = core_ms * max(shares)
    return CpuSpeed(recognise_ms, core_ms, busy_ms, clause_ms, tokens_s, first_ms, basis)


def _window(model: "SpeechModel") -> tuple[float, "Basis"]:
    seen = next((row for row in model.speed if row.device == "cpu"), None)
    if seen is not None:
        return seen.window_ms, seen.basis
    return _WINDOW_CORE_MS + _WINDOW_CORE_MS_A_MILLION * model.encoder_m, "fitted"


def _shares(model: "SpeechModel", threads: int) -> tuple[float, float]:
    """Time over work of one core: of the encoder on all threads, and of a light model's decoder on one of its own."""
    encoder = _ENCODER_SHARE if model.parameters_m <= _LIGHT_PARAMETERS_M else 1.0
    return encoder / threads, 1 - encoder


def _thinking(model: "LanguageModel", precision: "LanguagePrecision", threads: "Threads") -> tuple[float, float]:
    """Tokens a second, and milliseconds to the first one."""
    share = max(1, min(threads.llm, 4))  # beyond four threads memory, not cores, is what generation waits for
    megabytes = weights_mib(model, precision) * 2**20 / 1e6
    return _TOKENS_GB_S * share * 1000 / megabytes, _PROMPT_MS_A_MILLION * model.parameters_m / share
