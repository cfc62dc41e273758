"""The engines of a plan as the services that run them: model, precision, device, and the memory that they take."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Final

from voicectl.catalogue.provenance import Basis
from voicectl.planner.ledger import Hearing, Speaking, Voicing, engine_terms, total_mib
from voicectl.planner.site_limits import voice_ram_mib

if TYPE_CHECKING:
    from voicectl.planner.engines import Engines
    from voicectl.planner.placement import CardLedger


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
    """"cpu" or "cuda"."""
    ram_mib: int
    """Resident memory of its processes."""
    basis: Basis
    """Where the figure comes from: of `vram_mib` on a card, of `ram_mib` otherwise."""
    vram_mib: int = 0
    cards: tuple[str, ...] = ()
    """UUIDs of the cards that it lies on: its CUDA_VISIBLE_DEVICES."""


_MATCHER: Final = Component("orchestrator", "onnxruntime", "minilm-l6-v2", "int8", "cpu", 300, "measured")
_LISTENER: Final = Component("orchestrator", "onnxruntime", "silero-vad-v6", "float32", "cpu", 20, "measured")
_TURN_MODEL: Final = Component("orchestrator", "onnxruntime", "smart-turn-v3.2", "int8", "cpu", 52, "measured")
_HOST_MIB: Final = 800
"""Of a process that keeps its model on a card (assumed)."""
_OLLAMA_MIB: Final = 60


def components_of(engines: "Engines", calls: int, parallel: int) -> tuple[Component, ...]:
    """The engines, in the order in which their services start: the language model last, since it takes what is left."""
    return (_hears(engines), _speaks(engines, calls), *_thinks(engines, parallel), _MATCHER, _LISTENER)


def turn_model_of(endpointing: str) -> tuple[Component, ...]:
    """The network that the operator's way to end a turn needs, if any."""
    return (_TURN_MODEL,) if endpointing == "smart-turn" else ()


def on_cards(found: tuple[Component, ...], cards: "tuple[CardLedger, ...]") -> tuple[Component, ...]:
    """The same with what the cards' ledgers say of each: one that lies on several has its buffers on each of them."""
    return tuple(_on_cards(one, cards) if one.device == "cuda" else one for one in found)


def _on_cards(one: Component, cards: "tuple[CardLedger, ...]") -> Component:
    mib = {card.uuid: sum(term.mib for term in card.terms if term.owner == one.service) for card in cards}
    return replace(one, vram_mib=ceil(round(sum(mib.values()), 3)), cards=tuple(uuid for uuid in mib if mib[uuid]))


def _hears(engines: "Engines") -> Component:
    model, device = engines.stt, engines.stt_device
    if device == "cpu":
        ram, basis = model.ram_mib, model.ram_basis
        return Component("stt-service", "faster-whisper", model.id, engines.stt_precision, device, ram, basis)
    terms = engine_terms(Hearing(model, engines.stt_precision))
    vram, basis = total_mib(terms), terms[0].basis
    return Component("stt-service", "faster-whisper", model.id, engines.stt_precision, device, _HOST_MIB, basis, vram)


def _speaks(engines: "Engines", calls: int) -> Component:
    voice, ram = engines.voice, voice_ram_mib(engines, calls)
    if voice.device == "cpu":
        return Component("tts-service", voice.engine, voice.id, voice.precision, "cpu", ram, voice.ram_basis)
    vram = total_mib(engine_terms(Voicing(voice, calls)))
    return Component("tts-service", voice.engine, voice.id, voice.precision, "cuda", ram, voice.basis, vram)


def _thinks(engines: "Engines", parallel: int) -> Iterator[Component]:
    if engines.llm is None:
        return
    speaking = Speaking(engines.llm, engines.llm_precision, engines.context_tokens, max(1, parallel))
    terms = engine_terms(speaking)
    device, name = engines.llm_device, engines.llm.id
    if device == "cpu":  # the same buffers, in main memory, and no CUDA context
        ram = _OLLAMA_MIB + total_mib(tuple(term for term in terms if "CUDA" not in term.what))
        yield Component("llm-service", "ollama", name, engines.llm_precision, device, ram, "fitted")
    else:
        vram = total_mib(terms)
        yield Component("llm-service", "ollama", name, engines.llm_precision, device, _HOST_MIB, "fitted", vram)
