"""What a caller will wait, stage by stage, as `voicectl bench` measures it; work inside a silence costs nothing."""

from dataclasses import dataclass
from typing import Final, Literal

from voicectl.catalogue.provenance import Basis

_WINDOW_MS: Final = 32
_LAG_MS: Final = 30.0
"""Speech detection hears a word's end this much later than the wire: 22 to 38 ms in three benchmarks here."""
_FIRST_SILENT_MS: Final = _WINDOW_MS + _LAG_MS
_HAND_OVER_MS: Final = 12.0
"""From an answer that lies ready to its first packet: a file for Asterisk, and a frame (measured here)."""

_WHOLE_ERROR: Final = 0.1
"""Of the whole, beside the engines: where words end is a matter of opinion."""

Confidence = Literal["measured", "high", "medium", "low"]


@dataclass(frozen=True)
class Stage:
    """One stage of a turn."""

    work_ms: float
    """What it takes."""
    waited_ms: float
    """What the caller notices of it, after all that happens inside the silence before."""
    basis: Basis


@dataclass(frozen=True)
class Estimate:
    """A figure and how far it may be off."""

    p50: float
    p95: float
    low: float
    high: float
    """The range of the p50."""
    confidence: Confidence


@dataclass(frozen=True)
class Latency:
    """One kind of turn, alone on the machine; stages as `voicectl bench` names them."""

    endpoint: Stage
    recognise: Stage
    answer: Stage
    speech: Stage
    wire: Stage
    voice_to_voice: Estimate


@dataclass(frozen=True)
class Work:
    """Milliseconds of each engine, and where the figures come from."""

    recognise_ms: float
    answer_ms: float
    speech_ms: float
    basis: Basis
    confidence: Confidence
    error: float
    """Share by which the engines' own time may be off."""


def stop_of(silence_ms: int) -> float:
    """The silence as it really passes: whole windows, and the lag of the first."""
    return round(silence_ms / _WINDOW_MS) * _WINDOW_MS + _LAG_MS


def latency_of(work: Work, silence_ms: int, patience_ms: int) -> Latency:
    """A turn that is committed after that silence, while its answer is prepared from the first silent window on.

    One turn in twenty or more is not understood, and ends after `patience_ms` instead: that is the p95.
    """
    endpoint = stop_of(silence_ms)
    waited = _waited(endpoint, work)
    total = endpoint + sum(waited) + _HAND_OVER_MS
    return Latency(
        endpoint=Stage(endpoint, endpoint, "table"),
        recognise=Stage(_round(work.recognise_ms), _round(waited[0]), work.basis),
        answer=Stage(_round(work.answer_ms), _round(waited[1]), work.basis),
        speech=Stage(_round(work.speech_ms), _round(waited[2]), work.basis),
        wire=Stage(_HAND_OVER_MS, _HAND_OVER_MS, "measured"),
        voice_to_voice=_estimate(total, endpoint, work, stop_of(patience_ms) + _HAND_OVER_MS),
    )


def _waited(endpoint: float, work: Work) -> tuple[float, float, float]:
    """What is left of each stage once the silence is over."""
    reached, done, left = endpoint, _FIRST_SILENT_MS, []
    for took in (work.recognise_ms, work.answer_ms, work.speech_ms):
        done += took
        left.append(max(0.0, done - reached))
        reached = max(reached, done)
    return left[0], left[1], left[2]


def _estimate(total: float, endpoint: float, work: Work, not_understood: float) -> Estimate:
    def at(factor: float) -> float:
        slower = Work(
            work.recognise_ms * factor, work.answer_ms * factor, work.speech_ms * factor, "assumed", "low", 0.0
        )
        return endpoint + sum(_waited(endpoint, slower)) + _HAND_OVER_MS

    low, high = at(1 - work.error) * (1 - _WHOLE_ERROR), at(1 + work.error) * (1 + _WHOLE_ERROR)
    p95 = max(not_understood, at(1 + work.error))
    return Estimate(_round(total), _round(p95), _round(low), _round(high), work.confidence)


def _round(ms: float) -> float:
    return round(ms, 1)
