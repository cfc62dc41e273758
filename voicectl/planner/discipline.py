"""What stays on a card, what can give way, and what giving way costs: for cards on which not everything fits."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from voicectl.planner.gpu_speed import tensor_parallel_ms, token_ms
from voicectl.planner.ledger import Speaking, engine_terms, total_mib
from voicectl.planner.placement import Placement, speaking_of
from voicectl.planner.weights import disk_bytes, weights_mib

if TYPE_CHECKING:
    from voicectl.planner.cards import Card
    from voicectl.planner.engines import Engines

_DISK_GB_S: Final = 1.0
"""Assumed; the doctor measures the real one (`disk.speed`)."""
_HOST_GB_S: Final = 20.0
"""Assumed: what a processor reads of its memory while it generates."""
_LAYER_SHARES: Final = (0.75, 0.5, 0.25)


@dataclass(frozen=True)
class Way:
    """One thing that could be done."""

    what: Literal["resident", "unload when idle", "partial offload", "tensor parallel"]
    of: str
    frees_mib: int
    price: str


def discipline_of(engines: "Engines", placement: Placement | None, calls: int) -> tuple[Way, ...]:
    """Ears and voice stay, since every turn needs them; only the language model can give way."""
    if placement is None:
        return ()
    stay = [name for name, cards in ((engines.stt.id, placement.stt), (engines.voice.id, placement.tts)) if cards]
    found = [Way("resident", name, 0, "needed in every turn: loading would be heard") for name in stay]
    speaking = speaking_of(engines, calls)
    if speaking is None or not placement.llm:
        return tuple(found)
    gigabytes = disk_bytes(speaking.model, speaking.precision) / 1e9
    price = f"the first answer afterwards waits {gigabytes / _DISK_GB_S:.0f} s while {gigabytes:.1f} GB are read again"
    found.append(Way("unload when idle", speaking.model.id, total_mib(engine_terms(speaking)), price))
    found += [_offload(speaking, placement.llm, share) for share in _LAYER_SHARES]
    if len(placement.llm) > 1:
        found.append(_tensor_parallel(speaking, placement.llm))
    return tuple(found)


def _tensor_parallel(speaking: Speaking, cards: "tuple[Card, ...]") -> Way:
    """Another server in Ollama's place, behind the same client."""
    before, after = (1000 / one(speaking, cards) for one in (token_ms, tensor_parallel_ms))
    price = f"vLLM splits every layer over the {len(cards)} cards: {after:.0f} tokens a second instead of {before:.0f}"
    return Way("tensor parallel", speaking.model.id, 0, price)


def _offload(speaking: Speaking, cards: "tuple[Card, ...]", share: float) -> Way:
    """That share of the layers on the card, and the rest read from main memory for every token."""
    layers = round(speaking.model.layers * share)
    part = Speaking(speaking.model, speaking.precision, speaking.context_tokens, speaking.parallel, speaking.kv, layers)
    frees = total_mib(engine_terms(speaking)) - total_mib(engine_terms(part))
    whole_ms = token_ms(speaking, cards)
    outside = weights_mib(speaking.model, speaking.precision) * (1 - layers / speaking.model.layers) * 2**20
    slow_ms = whole_ms * layers / speaking.model.layers + outside / (_HOST_GB_S * 1e9) * 1e3
    price = f"{1000 / slow_ms:.0f} tokens a second instead of {1000 / whole_ms:.0f}"
    return Way("partial offload", f"{layers} of {speaking.model.layers} layers stay", frees, price)
