"""What the gpu profile's usual engines take of a card, for the doctor: the ledger's sum."""

from functools import cache

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.planner.engines import LLM_ON_CARD, STT, TTS
from voicectl.planner.ledger import Hearing, Speaking, Voicing, engine_terms, reserve_term, total_mib
from voicectl.planner.tuning import context_tokens_of


def needed_vram_mib(calls: int) -> int:
    """Everything that must lie on the card at once, the driver's own share not counted."""
    world = load_catalogue()
    thinks = world.language_models[LLM_ON_CARD]
    engines = (
        Hearing(world.speech_models[STT["gpu"]], "int8_float16"),
        Voicing(world.voices[TTS["gpu"]], calls),
        Speaking(thinks, "q4_k_m", context_tokens_of("gpu", thinks), calls),
    )
    return total_mib((*(term for one in engines for term in engine_terms(one)), reserve_term()))


@cache
def least_vram_mib() -> int:
    """For one call; smaller cards cannot carry the profile."""
    return needed_vram_mib(1)
