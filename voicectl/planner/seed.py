"""What the seed claims for a card, and what its own figures make of it; the plan reckons with none of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from voicectl.catalogue.speech_model import SpeechModel
    from voicectl.planner.cards import Card
    from voicectl.planner.latency import Latency

_PERCEIVED_MS: Final = 335
_JITTER_MS: Final = 300
_STOP_MS: Final = 200
_CLAUSE_MS: Final = 56
_FRAMES_MS: Final = 40


@dataclass(frozen=True)
class SeedClaim:
    """A claim, and what stands against it."""

    claim: str
    but: str


def seed_claims(stt: "SpeechModel", cards: "tuple[Card, ...]", calls: int, script: "Latency") -> tuple[SeedClaim, ...]:
    """The seed's figures for the chosen recogniser and cards."""
    found = []
    if stt.seed is not None:
        claim = (
            f"{stt.title}: {stt.seed.accuracy_percent} % accuracy, {stt.seed.latency_ms} ms, {stt.seed.vram_mib} MiB"
        )
        measured = f"; measured here {stt.word_error_percent} % of words wrong" if stt.word_error_percent else ""
        found.append(SeedClaim(claim, f"no method is given{measured}; planned {script.recognise.work_ms:g} ms"))
    for seed in (card.seed for card in cards[:1] if card.seed is not None):
        found += [
            SeedClaim(f"{seed.calls} calls on this card", f"planned {calls}; about half a call a GB in all its rows"),
            _why_not(seed.stt_ms, seed.llm_ms, seed.tts_ms),
        ]
    return tuple(found)


def _why_not(stt_ms: int, llm_ms: int, tts_ms: int) -> SeedClaim:
    """The sum of its stages, and the honest sum with what it leaves out."""
    total = stt_ms + llm_ms + tts_ms
    honest = total + _STOP_MS + _JITTER_MS + _CLAUSE_MS + _FRAMES_MS
    claim = f"{stt_ms} + {llm_ms} + {tts_ms} ms of stages, perceived as {_PERCEIVED_MS} ms"
    but = (
        f"they add up to {total}: {total - _PERCEIVED_MS} ms would have to overlap, and the silence that ends a turn "
        f"({_STOP_MS}), its own jitter buffer ({_JITTER_MS}), the first clause ({_CLAUSE_MS}) and frames "
        f"({_FRAMES_MS}) are left out: {honest} ms on the wire"
    )
    return SeedClaim(claim, but)
