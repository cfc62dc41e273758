"""Whether the plan carries the calls that are asked for, and what the operator should be warned of when it does."""

from typing import TYPE_CHECKING, Final

from voicectl.documents import to_plain
from voicectl.errors import InfeasibleError
from voicectl.hardware.facts import Unknown
from voicectl.planner.choose_profile import why_no_card
from voicectl.planner.discipline import offload_that_fits
from voicectl.planner.engines import QWEN, SMOLLM
from voicectl.planner.offers import offers
from voicectl.planner.site_limits import ram_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voicectl.hardware.facts import Facts
    from voicectl.planner.capacity import Capacity
    from voicectl.planner.draft import Draft, Question
    from voicectl.planner.offers import Offer

_OFFERS_SAID: Final = 3
"""On the error's one line; the document has them all."""


def ensure_carried(draft: "Draft", question: "Question") -> "Capacity":
    """What the engines carry, once it is sure that they carry what is asked.

    Raises:
        InfeasibleError: why not, and what could be had instead.
    """
    capacity = draft.capacity
    if capacity is not None and not question.is_refused(draft):
        return capacity
    offered = offers(draft, question)
    if capacity is None:
        raise _no_card(draft, question, offered)
    has_mib = ram_of(question.facts)
    if not draft.engines.on_card and has_mib is not None and draft.needs_mib > has_mib:
        raise _no_memory(draft, has_mib, offered)
    raise _too_many(draft, capacity, question, offered)


def _no_card(draft: "Draft", question: "Question", offered: "tuple[Offer, ...]") -> InfeasibleError:
    where = "profile gpu" if draft.profile == "gpu" else f"voice {draft.engines.voice.id}"
    why, fix = why_no_card(question.facts), _said(offered) or "fit a card (--gpu NAME plans for one)"
    return _refusal("E411", where, why, fix, "vram", offered)


def _no_memory(draft: "Draft", has_mib: int, offered: "tuple[Offer, ...]") -> InfeasibleError:
    problem = f"profile {draft.profile} needs {draft.needs_mib} MiB of memory and this machine has {has_mib}"
    fix = " or ".join(filter(None, (f"add {draft.needs_mib - has_mib} MiB", _said(offered))))
    return _refusal("E413", "memory", problem, fix, "ram", offered)


def _too_many(
    draft: "Draft", capacity: "Capacity", question: "Question", offered: "tuple[Offer, ...]"
) -> InfeasibleError:
    binding, calls = capacity.limits[0], question.asked
    asked = f"{calls} call{' is' if calls == 1 else 's are'}"
    problem = f"{asked} more than the {capacity.calls} that {binding.constraint} allows: {binding.why}"
    give_way = offload_that_fits(draft.engines, capacity.placement, calls)
    if give_way and binding.constraint == "vram":
        problem += f" ({give_way})"
    where = "--calls" if question.is_promise else "calls.most"
    return _refusal("E414", where, problem, _said(offered) or binding.lift, binding.constraint, offered)


def _said(offered: "tuple[Offer, ...]") -> str:
    return " or ".join(f"{offer.option} ({offer.what})" for offer in offered[:_OFFERS_SAID])


def _refusal(  # noqa: PLR0917 - an error's own parts
    code: str, where: str, problem: str, fix: str, binding: str, offered: "tuple[Offer, ...]"
) -> InfeasibleError:
    plain = [to_plain(offer) for offer in offered]
    return InfeasibleError(code, where, problem, fix=fix, binding_constraint=binding, offers=plain)


def warnings_of(draft: "Draft", question: "Question") -> tuple[str, ...]:
    """What works, but not as the operator may expect."""
    found, engines, facts = [], draft.engines, question.facts
    if draft.profile == "gpu":
        found.append(
            "deploy cannot install the gpu profile yet; `voicectl plan --profile cpu` makes a plan that it can"
        )
    elif missing := [one.model for one in draft.components if one.model not in question.models]:
        found.append(f"deploy cannot fetch {', '.join(missing)}: no digests in the catalogue of models yet")
    if draft.profile == "gpu" and not isinstance(facts.gpus, Unknown):
        silent = facts.gpus.silent
        found += [f"GPU {one.index} does not answer ({one.problem}), and is left out: reset it" for one in silent]
    found += _of_cards(draft)
    if engines.voice.licence == "LicenseRef-CPML":
        found.append("XTTS v2 is under the Coqui Public Model License, which forbids commercial use")
    if engines.llm is not None and engines.llm.id == SMOLLM and draft.profile == "cpu":
        found.append(
            f"{SMOLLM} speaks because the model hub cannot be reached ({_hub_problem(facts)}) and {QWEN} is not in the "
            "store: it invents answers, so do not let it speak to real callers"
        )
    return tuple(found)


def _of_cards(draft: "Draft") -> "Iterator[str]":
    """What is not known of the cards in use, each name once."""
    placement = draft.capacity.placement if draft.capacity else None
    cards = {card.name: card for card in placement.cards}.values() if placement else ()
    for card in cards:
        if card.bandwidth_basis == "assumed":
            yield (
                f"{card.name} tells no memory bandwidth and is not in the catalogue: {card.bandwidth_gb_s:.0f} GB/s "
                "are assumed, so the calls and times that depend on it are rough"
            )
        if card.is_virtual:
            yield f"{card.name} is a share of a card: what other machines do on it makes this one slower"


def _hub_problem(facts: "Facts") -> str:
    return facts.models.why_unknown if isinstance(facts.models, Unknown) else facts.models.hub_problem
