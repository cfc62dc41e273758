"""Every mebibyte of a card, by owner: the formula it comes from, how far it is trusted, and how far it may be off."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Final

from voicectl.catalogue.provenance import Basis
from voicectl.planner.language_memory import (
    BATCH_TOKENS,
    COMPUTE_RANGE_MIB,
    CONTEXT_MIB,
    CONTEXT_RANGE_MIB,
    KV_BYTES,
    KvPrecision,
    compute_mib,
    kv_mib,
)
from voicectl.planner.speech_memory import recogniser_error, recogniser_mib
from voicectl.planner.voice_workers import speech_workers
from voicectl.planner.weights import weights_mib

if TYPE_CHECKING:
    from voicectl.catalogue.language_model import LanguageModel, LanguagePrecision
    from voicectl.catalogue.speech_model import SpeechModel, SpeechPrecision
    from voicectl.catalogue.voice import Voice

FIT_TARGET_MIB: Final = 1024
"""What llama-server keeps free; below it, it moves layers to the processor."""
_WEIGHTS_ERROR: Final = 0.005
"""Against every published figure (tests/planner/test_weights.py)."""


@dataclass(frozen=True)
class Term:
    """One line of the ledger; sizes in MiB."""

    owner: str
    """A service, "reserve", "driver" or "foreign"."""
    what: str
    mib: float
    low_mib: float
    high_mib: float
    basis: Basis
    formula: str


@dataclass(frozen=True)
class Speaking:
    """A language model as it is to run."""

    model: "LanguageModel"
    precision: "LanguagePrecision"
    context_tokens: int
    """Of one answer."""
    parallel: int
    kv: KvPrecision = "f16"
    layers_on_card: int | None = None
    """None: all of them."""


@dataclass(frozen=True)
class Hearing:
    """A recogniser as it is to run."""

    model: "SpeechModel"
    precision: "SpeechPrecision"


@dataclass(frozen=True)
class Voicing:
    """A voice, for that many calls."""

    voice: "Voice"
    calls: int
    workers: int | None = None
    """On this card; None: all that the calls need."""


Engine = Speaking | Hearing | Voicing


@lru_cache(maxsize=4096)  # the search for the most calls, over every layout, asks again and again
def engine_terms(engine: Engine) -> tuple[Term, ...]:
    """What one engine puts on a card."""
    if isinstance(engine, Speaking):
        return tuple(_speaking(engine))
    if isinstance(engine, Hearing):
        return (_hearing(engine),)
    return tuple(_voicing(engine))


def reserve_term() -> Term:
    """F9: what must stay free."""
    return _exact("reserve", "free for llama-server", FIT_TARGET_MIB, "table", "max(1024, LLAMA_ARG_FIT_TARGET)")


def total_mib(terms: tuple[Term, ...]) -> int:
    """The sum, in whole mebibytes."""
    return ceil(round(sum(term.mib for term in terms), 3))


def _speaking(engine: Speaking) -> Iterator[Term]:
    model, owner = engine.model, "llm-service"
    share = 1.0 if engine.layers_on_card is None else engine.layers_on_card / model.layers
    weights = weights_mib(model, engine.precision) * share
    yield _term(
        owner, f"weights at {engine.precision}", weights, _WEIGHTS_ERROR, basis="table", formula="F2: by tensor"
    )
    tokens = engine.context_tokens * engine.parallel
    formula = (
        f"F3: 2 x {model.layers} layers x {model.kv_heads} heads x {model.head_size} x {KV_BYTES[engine.kv]:g} B "
        f"x {engine.context_tokens} tokens x {engine.parallel} answers"
    )
    yield _exact(owner, "keys and values", kv_mib(model, tokens, engine.kv) * share, "table", formula)
    compute = compute_mib(model)
    formula = f"F4: {BATCH_TOKENS} tokens x ({model.vocabulary} + {model.hidden}) x 4 B"
    yield Term(
        owner,
        "compute buffer",
        round(compute, 2),
        round(max(0.0, compute - COMPUTE_RANGE_MIB), 2),
        round(compute + COMPUTE_RANGE_MIB, 2),
        "fitted",
        formula,
    )
    yield _context(owner, 1)


def _hearing(engine: Hearing) -> Term:
    mib, basis = recogniser_mib(engine.model, engine.precision)
    formula = "a reading of the whole device" if basis == "table" else "F6: P x bytes + 300 + d/1280 x (550 + 18 L)"
    what = f"{engine.model.id} at {engine.precision}, CUDA context included"
    return _term("stt-service", what, mib, recogniser_error(basis), basis=basis, formula=formula)


def _voicing(engine: Voicing) -> Iterator[Term]:
    voice = engine.voice
    workers = speech_workers(voice, engine.calls) if engine.workers is None else engine.workers
    low, high = voice.worker_low_mib * workers, voice.worker_mib * workers
    yield Term(
        "tts-service",
        f"{workers} worker{'s' if workers > 1 else ''} of {voice.id}",
        high,
        low,
        high,
        "assumed" if voice.basis == "assumed" else "table",
        f"F7: {workers} x {voice.worker_mib} MiB at the peak",
    )
    yield _context("tts-service", workers)


def _context(owner: str, processes: int) -> Term:
    low, high = CONTEXT_RANGE_MIB
    return Term(
        owner,
        f"CUDA context of {processes} process{'es' if processes > 1 else ''}",
        CONTEXT_MIB * processes,
        low * processes,
        high * processes,
        "table",
        f"F5: {processes} x {CONTEXT_MIB} MiB",
    )


def _exact(owner: str, what: str, mib: float, basis: Basis, formula: str) -> Term:
    return _term(owner, what, mib, 0.0, basis=basis, formula=formula)


def _term(owner: str, what: str, mib: float, error: float, *, basis: Basis, formula: str) -> Term:
    return Term(owner, what, round(mib, 2), round(mib * (1 - error), 2), round(mib * (1 + error), 2), basis, formula)
