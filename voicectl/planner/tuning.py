"""How the engines are run: threads, and the language model's context and queue."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from voicectl.hardware.facts import Unknown
from voicectl.planner.choose_profile import Profile

if TYPE_CHECKING:
    from voicectl.hardware.facts import Facts

_CONTEXT_TOKENS: Final = {"embedded": 0, "cpu": 2048, "gpu": 4096}
_LONGEST_ANSWER_TOKENS: Final = 80  # about 25 seconds of speech


@dataclass(frozen=True)
class Threads:
    """Threads that each engine may use, so that engines do not fight over cores in the middle of a turn."""

    stt: int
    tts: int
    matcher: int
    llm: int


@dataclass(frozen=True)
class LanguageSettings:
    """How the language model is run; zero everywhere where no model speaks."""

    context_tokens: int
    """Of one call; Ollama reserves this for every parallel answer."""
    longest_answer_tokens: int
    parallel_answers: int
    queued_answers: int
    """Requests beyond this are refused at once: a late answer is worse than a refused one."""


def threads_of(profile: Profile, facts: "Facts") -> Threads:
    """Threads by cores: recognition is what many calls wait for, so it gets the most; the matcher is asked often."""
    cores = 1 if isinstance(facts.cpu, Unknown) else facts.cpu.cores
    small = cores <= 2  # noqa: PLR2004 - measured on two cores: engines that share them cost each other 100s of ms
    return Threads(
        stt=min(cores, 4),
        tts=1 if small and profile != "embedded" else min(cores, 2),
        matcher=1,
        # Its threads wait for each other in a busy loop: two of them on two cores beside one busy neighbour measured
        # 4 to 17 tokens a second, where one alone made 34 to 48. So a core is left to the others.
        llm=0 if profile == "embedded" else max(1, min(cores - 1, 8)),
    )


def language_settings(profile: Profile, calls: int) -> LanguageSettings:
    """A context a call on a card; two at a time on a processor, where more would only be slower for everyone."""
    if profile == "embedded":
        return LanguageSettings(0, 0, 0, 0)
    parallel = calls if profile == "gpu" else min(calls, 2)
    return LanguageSettings(_CONTEXT_TOKENS[profile], _LONGEST_ANSWER_TOKENS, parallel, queued_answers=calls)
