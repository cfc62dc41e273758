"""Whether the plan carries the calls that are asked for, and what the operator should be warned of when it does."""

from typing import TYPE_CHECKING, Any, Final

from voicectl.errors import InfeasibleError
from voicectl.hardware.facts import Unknown
from voicectl.planner.choose_profile import why_no_card
from voicectl.planner.discipline import offload_that_fits
from voicectl.planner.engines import QWEN, SMOLLM
from voicectl.planner.limits import Calls
from voicectl.planner.offers import offers
from voicectl.planner.refusal import Refusal
from voicectl.planner.site_limits import ram_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voicectl.hardware.facts import Facts
    from voicectl.planner.capacity import Capacity
    from voicectl.planner.choose_profile import Choice
    from voicectl.planner.draft import Draft, Question
    from voicectl.planner.limits import Constraint
    from voicectl.planner.offers import Offer

_OFFERS_SAID: Final = 3
"""On the error's one line; the document has them all."""


def ensure_carried(choice: "Choice", question: "Question") -> "Capacity":
    """What the engines carry, once it is sure that they carry what is asked.

    Raises:
        InfeasibleError: why not, and what could be had instead.
    """
    draft = choice.draft
    capacity = draft.capacity
    if capacity is not None and not question.is_refused(draft):
        return capacity
    offered = offers(draft, question)
    if capacity is None:
        raise _no_card(choice, question, offered)
    has_mib = ram_of(question.facts)
    if not draft.engines.on_card and has_mib is not None and draft.needs_mib > has_mib:
        raise _no_memory(choice, question, has_mib, offered)
    raise _too_many(choice, question, capacity, offered)


def _no_card(choice: "Choice", question: "Question", offered: "tuple[Offer, ...]") -> InfeasibleError:
    draft = choice.draft
    where = "profile gpu" if draft.profile == "gpu" else f"voice {draft.engines.voice.id}"
    fix = _said(offered) or "fit a card (--gpu NAME plans for one)"
    refusal = _refusal(choice, question, "vram", offered)
    return InfeasibleError("E411", where, why_no_card(question.facts), fix=fix, refusal=refusal)


def _no_memory(choice: "Choice", question: "Question", has_mib: int, offered: "tuple[Offer, ...]") -> InfeasibleError:
    profile, needs_mib = choice.draft.profile, choice.draft.needs_mib
    problem = f"profile {profile} needs {needs_mib} MiB of memory and this machine has {has_mib}"
    fix = " or ".join(filter(None, (f"add {needs_mib - has_mib} MiB", _said(offered))))
    return InfeasibleError("E413", "memory", problem, fix=fix, refusal=_refusal(choice, question, "ram", offered))


def _too_many(
    choice: "Choice", question: "Question", capacity: "Capacity", offered: "tuple[Offer, ...]"
) -> InfeasibleError:
    binding, calls = capacity.limits[0], question.asked
    asked = f"{calls} call{' is' if calls == 1 else 's are'}"
    problem = f"{asked} more than the {capacity.calls} that {binding.constraint} allows: {binding.why}"
    give_way = offload_that_fits(choice.draft.engines, capacity.placement, calls)
    if give_way and binding.constraint == "vram":
        problem += f" ({give_way})"
    where = "--calls" if question.is_promise else "calls.most"
    refusal = _refusal(choice, question, binding.constraint, offered)
    return InfeasibleError("E414", where, problem, fix=_said(offered) or binding.lift, refusal=refusal)


def _said(offered: "tuple[Offer, ...]") -> str:
    return " or ".join(f"{offer.option} ({offer.what})" for offer in offered[:_OFFERS_SAID])


def _refusal(
    choice: "Choice", question: "Question", binding: "Constraint", offered: "tuple[Offer, ...]"
) -> dict[str, Any]:
    draft = choice.draft
    limits = draft.capacity.limits if draft.capacity else ()
    calls = Calls(question.asked, draft.carried)
    return Refusal(draft.profile, calls, binding, limits, offered, choice.rejected).to_dict()


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
