"""What stays on a card, what can give way, and what giving way costs: for cards on which not everything fits."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from voicectl.planner.gpu_speed import tensor_parallel_ms, thinking_share_at, token_ms
from voicectl.planner.ledger import Speaking, engine_terms, total_mib
from voicectl.planner.limits import share_limit
from voicectl.planner.placement import Placement, ledgers, speaking_of
from voicectl.planner.traffic import MOST_BUSY
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


def offload_that_fits(engines: "Engines", placement: Placement | None, calls: int) -> str:
    """Where the language model is all that does not fit: how much of it would, and at what price; otherwise empty."""
    speaking = speaking_of(engines, calls)
    if placement is None or speaking is None or len(placement.llm) != 1:
        return ""
    cards = ledgers(placement, engines, calls)
    spare = {card.uuid: card.headroom_mib for card in cards}
    lacks = -spare.pop(placement.llm[0].uuid)
    if lacks <= 0 or any(mib < 0 for mib in spare.values()):
        return ""
    whole, layers = total_mib(engine_terms(speaking)), range(speaking.model.layers - 1, 0, -1)
    stay = next((n for n in layers if whole - total_mib(engine_terms(_part(speaking, n))) >= lacks), None)
    if stay is None:
        return ""
    slow_ms = _slow_ms(speaking, placement.llm, stay)
    carried = share_limit(thinking_share_at(slow_ms), MOST_BUSY)
    return (
        f"{stay} of {speaking.model.layers} layers of {speaking.model.id} would fit (num_gpu {stay}), and speak "
        f"{1000 / slow_ms:.0f} tokens a second instead of {1000 / token_ms(speaking, placement.llm):.0f}: "
        f"enough for {carried} call{'' if carried == 1 else 's'}"
    )


def _offload(speaking: Speaking, cards: "tuple[Card, ...]", share: float) -> Way:
    """That share of the layers on the card, and the rest read from main memory for every token."""
    layers = round(speaking.model.layers * share)
    frees = total_mib(engine_terms(speaking)) - total_mib(engine_terms(_part(speaking, layers)))
    slow_ms = _slow_ms(speaking, cards, layers)
    price = f"{1000 / slow_ms:.0f} tokens a second instead of {1000 / token_ms(speaking, cards):.0f}"
    return Way("partial offload", f"{layers} of {speaking.model.layers} layers stay", frees, price)


def _part(speaking: Speaking, layers: int) -> Speaking:
    return replace(speaking, layers_on_card=layers)


def _slow_ms(speaking: Speaking, cards: "tuple[Card, ...]", layers: int) -> float:
    """A token of which so many layers are read from the card."""
    share = layers / speaking.model.layers
    outside = weights_mib(speaking.model, speaking.precision) * (1 - share) * 2**20
    return token_ms(speaking, cards) * share + outside / (_HOST_GB_S * 1e9) * 1e3
