"""The engines that a plan runs: rows of the catalogue with a precision and a device."""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, Literal, TypeVar, cast

from voicectl.config.refused import LONGEST_SHOWN, shown
from voicectl.errors import UsageError
from voicectl.hardware.facts import Facts, Unknown
from voicectl.planner.tuning import context_tokens_of
from voicectl.planner.wishes import Profile, Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voicectl.catalogue.catalogue import Catalogue
    from voicectl.catalogue.language_model import LanguageModel, LanguagePrecision
    from voicectl.catalogue.speech_model import SpeechModel, SpeechPrecision
    from voicectl.catalogue.voice import Voice

Row = TypeVar("Row")
Named = TypeVar("Named", str, str | None)
QWEN: Final = "qwen2.5-0.5b-instruct"
SMOLLM: Final = "smollm2-135m-instruct"
STT: Final[dict[Profile, str]] = {"embedded": "whisper-tiny.en", "cpu": "whisper-tiny.en", "gpu": "distil-large-v3"}
TTS: Final[dict[Profile, str]] = {
    "embedded": "piper-en_US-joe-medium",
    "cpu": "piper-en_US-joe-medium",
    "gpu": "xtts-v2",
}
LLM_ON_CARD: Final = "qwen2.5-7b-instruct"


@dataclass(frozen=True)
class Engines:
    """Who hears, who thinks (nobody, where the script alone answers) and who speaks."""

    stt: "SpeechModel"
    stt_precision: "SpeechPrecision"
    stt_device: Literal["cpu", "cuda"]
    llm: "LanguageModel | None"
    llm_precision: "LanguagePrecision"
    llm_device: Literal["cpu", "cuda"]
    context_tokens: int
    voice: "Voice"

    @property
    def on_card(self) -> bool:
        """Whether any of them needs a card."""
        return "cuda" in {self.stt_device, self.voice.device, self.llm_device if self.llm else "cpu"}


def choose_engines(profile: Profile, wishes: Wishes, facts: Facts, catalogue: "Catalogue") -> Engines:
    """What is pinned, and the profile's usual engines for the rest.

    Raises:
        UsageError: a pin is no row of the catalogue, or the row has no such precision, or it is not for this profile.
    """
    if profile == "embedded" and wishes.llm is not None:
        raise UsageError("E127", "--llm", "the embedded profile has no language model", fix="add --profile cpu")
    stt, stt_precision = _pinned("--stt", _named(wishes.stt, STT[profile]), catalogue.speech_models)
    voice, voice_precision = _pinned("--tts", _named(wishes.tts, TTS[profile]), catalogue.voices)
    _precision("--tts", voice_precision, (voice.precision,))
    named = _named(wishes.llm, _usual_llm(profile, facts))
    llm, llm_precision = (None, "") if named is None else _pinned("--llm", named, catalogue.language_models)
    _ensure_context(wishes.context_tokens, profile, llm)
    on_card: Literal["cpu", "cuda"] = "cuda" if profile == "gpu" else "cpu"
    usual_stt = "int8_float16" if profile == "gpu" else "int8"
    usual_llm = ("q4_k_m" if "q4_k_m" in llm.precisions else llm.precisions[0]) if llm else "q4_k_m"
    return Engines(
        stt=stt,
        stt_precision=cast("SpeechPrecision", _precision("--stt", stt_precision, stt.precisions) or usual_stt),
        stt_device=on_card,
        llm=llm,
        llm_precision=cast(
            "LanguagePrecision", _precision("--llm", llm_precision, llm.precisions if llm else ()) or usual_llm
        ),
        llm_device=on_card,
        context_tokens=(wishes.context_tokens or context_tokens_of(profile, llm)) if llm else 0,
        voice=voice,
    )


def language_model(facts: Facts) -> str:
    """The small Qwen where it can be had or already lies here; otherwise the one that a package carries."""
    if isinstance(facts.models, Unknown):
        return SMOLLM
    return QWEN if facts.models.hub_reachable or QWEN in facts.models.in_store else SMOLLM


def _ensure_context(tokens: int | None, profile: Profile, llm: "LanguageModel | None") -> None:
    """A pinned context is that of a language model, and no longer than the model was trained for."""
    if tokens is not None and llm is None:
        problem = f"the {profile} profile has no language model"
        raise UsageError("E127", "--context", problem, fix="add --profile cpu, or leave --context out")
    if tokens is not None and llm is not None and tokens > llm.context_tokens:
        problem = f"{llm.id} was trained for {llm.context_tokens} tokens and loses the thread beyond them"
        fix = f"--context {llm.context_tokens} or fewer, or another --llm"
        raise UsageError("E128", "--context", problem, fix=fix)


def _named(wish: str | None, usual: Named) -> str | Named:
    return usual if wish is None else wish


def _usual_llm(profile: Profile, facts: Facts) -> str | None:
    return {"embedded": None, "cpu": language_model(facts), "gpu": LLM_ON_CARD}[profile]


def _pinned(option: str, name: str, rows: "Mapping[str, Row]") -> tuple[Row, str]:
    """The row and the precision (empty: the usual one) of "id@precision"."""
    wanted, _, precision = name.partition("@")
    if wanted in rows:
        return rows[wanted], precision.lower()
    raise UsageError("E122", option, f"{shown(wanted)} is not in the catalogue", fix=_near(wanted, rows))


def _near(wanted: str, rows: "Mapping[str, Row]") -> str:
    """Every row that the word is a part of, otherwise the one that looks most like it, otherwise all of them."""
    word = wanted.lower()[:LONGEST_SHOWN]
    near = [name for name in rows if word and word in name] or get_close_matches(word, rows, n=1, cutoff=0.4)
    return f"did you mean {' or '.join(near)}?" if near else f"use one of: {', '.join(rows)}"


def _precision(option: str, named: str, known: tuple[str, ...]) -> str:
    if named and named not in known:
        problem = f"the model has no precision {shown(named)}"
        raise UsageError("E123", option, problem, fix=f"use one of: {', '.join(known)}")
    return named
