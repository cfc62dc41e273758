"""Everything that the operator can act on, with its exit code; anything else is a bug and shows a traceback.

Exit codes are a contract (README, "Exit codes"). Each error carries a code of the bad-input table: E1xx is the
command line, E2xx the configuration, E3xx rendering, E4xx the machine, E5xx the running agent.
"""

from collections.abc import Mapping
from typing import Any


def _one_line(text: str) -> str:
    """Escape what would break the line or steer the terminal: names and values may come from strangers."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class VoicectlError(Exception):
    """One line for the operator: what is wrong, where, and what to do next."""

    exit_code = 1

    def __init__(self, code: str, where: str, problem: str, *, fix: str) -> None:
        """Keep the four parts apart, so that text and JSON say the same.

        Args:
            code: stable identifier, such as ``E202``.
            where: file, line and key, or the argument, or the service.
            problem: what is wrong, with the value (secrets masked).
            fix: the command to run or the edit to make.
        """
        super().__init__(_one_line(f"{code} {where}: {problem}. Fix: {fix}"))
        self.code = code
        self.where = where
        self.problem = problem
        self.fix = fix

    def to_dict(self) -> dict[str, object]:
        """The error as it stands in a JSON document."""
        return {"code": self.code, "where": self.where, "problem": self.problem, "fix": self.fix}

    def beside(self) -> dict[str, object]:
        """What stands in the document beside the error."""
        return {}


class UsageError(VoicectlError):
    """The command line cannot be carried out as it was typed."""

    exit_code = 2


class PreflightError(VoicectlError):
    """The configuration or the machine is not fit for this command; nothing was changed."""

    exit_code = 3


class ConfigError(PreflightError):
    """The configuration says something that cannot be done."""


class RenderError(PreflightError):
    """A template or a value would have made a broken file."""


class MachineError(PreflightError):
    """The machine lacks something that the command needs."""


class LockHeldError(VoicectlError):
    """Another voicectl is changing this agent."""

    exit_code = 5


class StalePlanError(VoicectlError):
    """The plan was made for another configuration or another machine."""

    exit_code = 6


class GateError(VoicectlError):
    """The agent was deployed, but the test call failed; the last good version was put back where there was one."""

    exit_code = 7


class RollbackError(VoicectlError):
    """The test call failed, and putting the last good version back failed too."""

    exit_code = 8


class InfeasibleError(VoicectlError):
    """No plan carries what was asked for on this machine."""

    exit_code = 11

    def __init__(
        self,
        code: str,
        where: str,
        problem: str,
        *,
        fix: str,
        refusal: Mapping[str, Any] | None = None,
    ) -> None:
        """As every error; and what is known of the plan that cannot be, under a plan's own names, as plain data."""
        super().__init__(code, where, problem, fix=fix)
        self.refusal: Mapping[str, Any] = refusal or {}

    def beside(self) -> dict[str, object]:
        """What a program asks of every plan: whether it is feasible, how many calls, what bound them."""
        return {"feasible": False, **self.refusal}


class ObjectiveMissedError(VoicectlError):
    """The measured agent misses the promise that was asked of it."""

    exit_code = 12


class ProvisionError(VoicectlError):
    """A step of the deployment failed; running the same command again goes on from there."""


class ServiceError(VoicectlError):
    """The running agent does not do what it should."""


class CallError(VoicectlError):
    """The test call could not be placed, or did not say what it should."""


class StoppedError(VoicectlError):
    """The operator pressed Ctrl-C (130) or the process was asked to end (143)."""

    exit_code = 130
