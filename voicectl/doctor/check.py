"""A check: one small pure function over (Config, Facts), with what it is called and why it matters to callers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from voicectl.config.sections import Config
from voicectl.hardware.facts import Facts, NotKnownError
from voicectl.logs.safe_text import escaped

BROKEN: Final = "this check itself is broken"
Status = Literal["ok", "warn", "fail", "skip", "unknown"]


@dataclass(frozen=True)
class Fix:
    """What to do about it, and the commands that do it."""

    text: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a check saw on this machine."""

    status: Status
    seen: str
    expected: str = ""
    fix: Fix | None = None


@dataclass(frozen=True)
class Finding:
    """An outcome with everything that a reader needs; the document holds exactly this."""

    id: str
    group: str
    status: Status
    blocking: bool
    """A deployment here would fail, or callers would not be answered: `doctor` exits 3 when this check fails."""
    seen: str
    expected: str
    why: str
    fix: Fix | None


Judge = Callable[[Config, Facts], Outcome]


@dataclass(frozen=True)
class Check:
    """One question that `doctor` asks."""

    id: str
    group: str
    blocking: bool
    why: str
    """What callers notice when it is not as expected."""
    judge: Judge

    def find(self, config: Config, facts: Facts) -> Finding:
        """Judge; a fact that nobody knows makes the finding unknown, never ok."""
        try:
            outcome = self.judge(config, facts)
        except NotKnownError as error:
            outcome = Outcome("unknown", str(error))
        except Exception as error:  # noqa: BLE001 - a mistake of ours in one check must not cost the others
            fix = Fix("tell us, with a support case", ("voicectl doctor --bundle FILE",))
            outcome = Outcome("unknown", f"{BROKEN} ({type(error).__name__}: {error})", fix=fix)
        return Finding(
            id=self.id,
            group=self.group,
            status=outcome.status,
            blocking=self.blocking,
            seen=escaped(outcome.seen),  # programs and cards name themselves, and a facts file may come from anywhere
            expected=outcome.expected,
            why=self.why,
            fix=outcome.fix,
        )


def check(name: str, *, group: str, why: str, blocking: bool = False) -> Callable[[Judge], Check]:
    """Make a check of the function below; `blocking` is for what deploy or calls cannot do without."""
    return lambda judge: Check(id=name, group=group, blocking=blocking, why=why, judge=judge)


def ok(seen: str, expected: str = "") -> Outcome:
    """As it should be."""
    return Outcome("ok", seen, expected)


def warn(seen: str, expected: str, fix: str, *commands: str) -> Outcome:
    """It works, but not well, or not for long."""
    return Outcome("warn", seen, expected, Fix(fix, commands))


def fail(seen: str, expected: str, fix: str, *commands: str) -> Outcome:
    """It does not work."""
    return Outcome("fail", seen, expected, Fix(fix, commands))


def verdict_for(config: Config) -> Callable[..., Outcome]:
    """How bad a broken card is: without a GPU the profile "gpu" is nothing, and "auto" takes the processor."""
    return fail if config.agent.profile == "gpu" else warn


def skip(seen: str) -> Outcome:
    """Not a question on this machine or for these wishes."""
    return Outcome("skip", seen)
