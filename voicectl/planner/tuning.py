"""How the engines are run: threads, the language model's context and queue, and the environment that makes it true."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from voicectl.hardware.facts import Unknown
from voicectl.planner.language_memory import BATCH_TOKENS
from voicectl.planner.ledger import FIT_TARGET_MIB
from voicectl.planner.wishes import Profile

if TYPE_CHECKING:
    from voicectl.catalogue.language_model import LanguageModel
    from voicectl.hardware.facts import Facts
    from voicectl.planner.cards import Card

_CONTEXT_TOKENS: Final = {"embedded": 2048, "cpu": 2048, "gpu": 4096}
_LONGEST_ANSWER_TOKENS: Final = 80  # about 25 seconds of speech


@dataclass(frozen=True)
class Threads:
    """Threads that each engine may use, so that engines do not fight over cores in the middle of a turn."""

    stt: int
    tts: int
    matcher: int
    llm: int


@dataclass(frozen=True)
class Variable:
    """One variable of the language server's environment."""

    name: str
    value: str


@dataclass(frozen=True)
class LanguageSettings:
    """How the language model is run; zero everywhere where no model speaks."""

    context_tokens: int
    """Of one call; Ollama reserves this for every parallel answer."""
    longest_answer_tokens: int
    parallel_answers: int
    queued_answers: int
    """Requests beyond this are refused at once: a late answer is worse than a refused one."""
    batch_tokens: int = 0
    """`num_batch` of every request: left open, Ollama raises it with the context, and the compute buffer with it."""
    environment: tuple[Variable, ...] = ()
    """Of the language server."""


def threads_of(profile: Profile, facts: "Facts", *, speaks: bool) -> Threads:
    """Threads by cores: recognition is what many calls wait for, so it gets the most; the matcher is asked often."""
    cores = 1 if isinstance(facts.cpu, Unknown) else facts.cpu.cores
    small = cores <= 2  # noqa: PLR2004 - measured on two cores: engines that share them cost each other 100s of ms
    return Threads(
        stt=min(cores, 4),
        tts=1 if small and profile != "embedded" else min(cores, 2),
        matcher=1,
        # Its threads wait for each other in a busy loop: two of them on two cores beside one busy neighbour measured
        # 4 to 17 tokens a second, where one alone made 34 to 48. So a core is left to the others.
        llm=max(1, min(cores - 1, 8)) if speaks else 0,
    )


def context_tokens_of(profile: Profile, model: "LanguageModel | None") -> int:
    """Of one answer; never longer than the model was trained for."""
    return 0 if model is None else min(_CONTEXT_TOKENS[profile], model.context_tokens)


def language_settings(profile: Profile, calls: int, context_tokens: int) -> LanguageSettings:
    """A context a call on a card; two at a time on a processor, where more would only be slower for everyone."""
    if not context_tokens:
        return LanguageSettings(0, 0, 0, 0)
    parallel = calls if profile == "gpu" else min(calls, 2)
    return LanguageSettings(
        context_tokens=context_tokens,
        longest_answer_tokens=_LONGEST_ANSWER_TOKENS,
        parallel_answers=parallel,
        queued_answers=calls,
        batch_tokens=BATCH_TOKENS,
        environment=_environment(profile, parallel, calls, context_tokens),
    )


def on_these(settings: LanguageSettings, cards: "tuple[Card, ...]") -> LanguageSettings:
    """Ollama takes every card that it sees, and of several only as few as it can: it is shown its own, and told."""
    if not cards:
        return settings
    spread = (Variable("OLLAMA_SCHED_SPREAD", "1"),) if len(cards) > 1 else ()
    seen = Variable("CUDA_VISIBLE_DEVICES", ",".join(card.uuid for card in cards))
    return replace(settings, environment=(*settings.environment, seen, *spread))


def _environment(profile: Profile, parallel: int, calls: int, context_tokens: int) -> tuple[Variable, ...]:
    named = {
        # The first caller of the morning must not wait for the model to be read from disk.
        "OLLAMA_KEEP_ALIVE": "-1",
        "OLLAMA_MAX_LOADED_MODELS": "1",
        "OLLAMA_NUM_PARALLEL": str(parallel),
        "OLLAMA_CONTEXT_LENGTH": str(context_tokens),
        "OLLAMA_MAX_QUEUE": str(calls),
    }
    if profile == "gpu":
        named |= {
            "OLLAMA_FLASH_ATTENTION": "1",
            "OLLAMA_KV_CACHE_TYPE": "f16",
            "LLAMA_ARG_FIT_TARGET": str(FIT_TARGET_MIB),
        }
    return tuple(Variable(name, value) for name, value in named.items())
