"""How many calls cards carry: memory, voice, tokens, prompts and recognition, each on its own."""

from typing import TYPE_CHECKING

from voicectl.catalogue.provenance import Basis, weakest
from voicectl.planner.gpu_speed import hear_ms, speaking_share, thinking_share, token_ms, uncached_ms
from voicectl.planner.limits import MOST_CALLS, Limit, share_limit
from voicectl.planner.placement import Placement, fits, ledgers, speaking_of
from voicectl.planner.traffic import MOST_BUSY, TURN_EVERY_S
from voicectl.planner.voice_workers import TALK_SHARE, speech_workers

if TYPE_CHECKING:
    from voicectl.planner.cards import Card
    from voicectl.planner.engines import Engines


def speed_limits(placement: Placement, engines: "Engines") -> tuple[Limit, ...]:
    """One limit an engine on the cards."""
    limits = []
    if placement.tts:
        limits.append(_voice(placement, engines))
    if placement.llm:
        limits += [_tokens(placement, engines), _prompts(placement, engines)]
    if placement.stt:
        limits.append(_recognition(placement, engines))
    return tuple(limits)


def memory_limit(placement: Placement, engines: "Engines") -> Limit:
    """What every card in use holds."""
    low, high = 0, MOST_CALLS  # more calls never need less, so halving finds the edge
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(placement, engines, middle) else (low, middle - 1)
    tightest = min(ledgers(placement, engines, low + 1), key=lambda card: card.headroom_mib)
    why = f"call {low + 1} would need {max(0, -tightest.headroom_mib)} MiB more on the {tightest.name}"
    bases = tuple(term.basis for card in ledgers(placement, engines, max(1, low)) for term in card.terms)
    return Limit("vram", low, why, "a card with more memory, a shorter context, or fewer bits", weakest(bases))


def _voice(placement: Placement, engines: "Engines") -> Limit:
    """The share of the busiest card that speaking takes, beside what thinking takes of the same card."""
    voice, speaking, thinking = engines.voice, speaking_of(engines, 1), placement.llm
    shares = [TALK_SHARE * speaking_share(voice, card) / len(placement.tts) for card in placement.tts]
    thinks = thinking_share(speaking, thinking) / len(thinking) if speaking and thinking else 0.0
    besides = [thinks if card in thinking else 0.0 for card in placement.tts]
    busiest = max(range(len(shares)), key=lambda number: shares[number] + besides[number])
    share, beside = shares[busiest], besides[busiest]
    calls = share_limit(share + beside, MOST_BUSY)
    why = f"{voice.id} keeps the {placement.tts[busiest].name} busy {share:.1%} a call" + (
        f", the language model beside it {beside:.1%}" if beside else ""
    )
    workers = speech_workers(voice, max(1, calls))
    why += f"; {workers} process{'es' if workers > 1 else ''} would serve {calls}"
    return Limit("tts", calls, why, "a card for the voice alone, more bandwidth, or a lighter voice", "assumed")


def _tokens(placement: Placement, engines: "Engines") -> Limit:
    speaking = speaking_of(engines, 1)
    assert speaking is not None  # noqa: S101 - only asked where a language model is placed
    a_token = token_ms(speaking, placement.llm)
    calls = share_limit(thinking_share(speaking, placement.llm), MOST_BUSY)
    why = f"{1000 / a_token:.0f} tokens a second alone, and Ollama shares less than half of its work between answers"
    return Limit("llm-tok/s", calls, why, "a smaller model, fewer bits, more bandwidth, or vLLM", _basis(placement.llm))


def _prompts(placement: Placement, engines: "Engines") -> Limit:
    speaking = speaking_of(engines, 1)
    assert speaking is not None  # noqa: S101 - only asked where a language model is placed
    lost_ms = uncached_ms(speaking, placement.llm)
    calls = share_limit(lost_ms / 1000 / TURN_EVERY_S, MOST_BUSY)
    why = f"a prompt whose cache was lost takes {lost_ms:.0f} ms, once a turn"
    return Limit("prefill", calls, why, "a smaller model, or a card with more compute", _basis(placement.llm))


def _recognition(placement: Placement, engines: "Engines") -> Limit:
    (card,) = placement.stt
    words_ms = hear_ms(engines.stt, card)
    # A speculation that the caller's next word voids is work all the same.
    calls = share_limit(2 * words_ms / 1000 / TURN_EVERY_S, MOST_BUSY)
    why = f"{words_ms:.0f} ms for a caller's words, twice a turn, one batch at a time"
    return Limit("stt", calls, why, "a smaller recogniser, or a card of its own", _basis(placement.stt))


def _basis(cards: "tuple[Card, ...]") -> Basis:
    """A formula is as good as the bandwidth that goes into it."""
    is_assumed = any(card.bandwidth_basis == "assumed" for card in cards)
    return "assumed" if is_assumed else "fitted"
