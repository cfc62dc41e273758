"""What the chosen models' licences allow, and whether a business may use them."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from voicectl.config.refused import shown
from voicectl.errors import InfeasibleError, UsageError
from voicectl.planner.limits import Calls
from voicectl.planner.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voicectl.catalogue.licence import Licence
    from voicectl.catalogue.model import Model
    from voicectl.config.sections import Config
    from voicectl.planner.draft import Draft, Question
    from voicectl.planner.engines import Engines
    from voicectl.planner.wishes import Wishes


FREE_VOICE: Final = "kokoro-82m"
"""The best voice that a business may use."""


@dataclass(frozen=True)
class LicenceUse:
    """One licence that the plan relies on."""

    licence: str
    title: str
    of: tuple[str, ...]
    """Models and engines under it."""
    commercial: str
    """"yes", "conditions" or "no"."""
    terms: str
    accepted: bool
    """The operator has acknowledged it."""


def licences_of(draft: "Draft", question: "Question") -> tuple[LicenceUse, ...]:
    """Every licence of a plan, with what is under it; a business may not use what is for research only.

    Raises:
        UsageError: a licence is accepted that the catalogue does not know.
        InfeasibleError: a licence forbids what is asked, and nobody said that they know; with the two ways out.
    """
    wishes, licences = _with_config(question.wishes, question.config), question.catalogue.licences
    _ensure_known(wishes, licences)
    under: dict[str, list[str]] = {}
    for what, licence in _under(draft.engines, question.models):
        under.setdefault(licence, []).append(what)
    uses = tuple(_use(licences[name], tuple(of), wishes) for name, of in under.items())
    if wishes.commercial:
        _ensure_allowed(uses, Refusal(draft.profile, Calls(question.asked, 0), "licence"))
    return uses


def _with_config(wishes: "Wishes", config: "Config") -> "Wishes":
    """What the configuration says of licences holds for every plan."""
    accepted = dict.fromkeys((*config.agent.accepted_licences, *wishes.accepted_licences))
    return replace(
        wishes, commercial=wishes.commercial or config.agent.commercial, accepted_licences=tuple(sorted(accepted))
    )


def _ensure_known(wishes: "Wishes", licences: "Mapping[str, Licence]") -> None:
    for accepted in wishes.accepted_licences:
        if accepted not in licences:
            near = [name for name in licences if accepted and accepted.lower() in name.lower()] or list(licences)
            problem, fix = f"no licence has the id {shown(accepted)}", f"use one of: {', '.join(near)}"
            raise UsageError("E124", "--accept-licence", problem, fix=fix)


def _ensure_allowed(uses: tuple[LicenceUse, ...], refusal: Refusal) -> None:
    for use in uses:
        if use.commercial == "no" and not use.accepted:
            problem = f"{use.title} forbids commercial use ({use.terms})"
            fix = f"choose another ({_option(use)}), or acknowledge it: --accept-licence {use.licence}"
            where = f"licence of {', '.join(use.of)}"
            raise InfeasibleError("E417", where, problem, fix=fix, refusal=refusal.to_dict())


def _option(use: LicenceUse) -> str:
    return f"--tts {FREE_VOICE}" if use.licence == "LicenseRef-CPML" else "--llm qwen2.5-1.5b-instruct"


def _under(engines: "Engines", models: "Mapping[str, Model]") -> "list[tuple[str, str]]":
    found = [(engines.stt.id, engines.stt.licence), (engines.voice.id, engines.voice.licence)]
    if engines.voice.engine_licence != engines.voice.licence:
        found.append((f"the engine {engines.voice.engine}", engines.voice.engine_licence))
    if engines.llm is not None:
        found.append((engines.llm.id, engines.llm.licence))
    return [*found, *((model.id, model.licence) for model in models.values() if model.kind in {"matcher", "vad"})]


def _use(licence: "Licence", of: tuple[str, ...], wishes: "Wishes") -> LicenceUse:
    accepted = licence.id in wishes.accepted_licences
    return LicenceUse(licence.id, licence.title, of, licence.commercial, licence.terms, accepted)
