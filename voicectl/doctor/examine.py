"""Every check that there is, in the order of the report, and the ones that the operator asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor import (
    docker,
    firewall,
    gpu,
    gpu_health,
    memory,
    network,
    ports,
    processor,
    rights,
    services,
    storage,
    system,
    telephony,
)
from voicectl.doctor.check import Check, Finding
from voicectl.documents import to_plain
from voicectl.errors import UsageError
from voicectl.hardware.facts import Facts

SCHEMA: Final = "voicectl.doctor/1"
CHECKS: Final[tuple[Check, ...]] = (
    *system.CHECKS,
    *processor.CHECKS,
    *memory.CHECKS,
    *storage.CHECKS,
    *telephony.CHECKS,
    *ports.CHECKS,
    *network.CHECKS,
    *firewall.CHECKS,
    *rights.CHECKS,
    *services.CHECKS,
    *gpu.CHECKS,
    *gpu_health.CHECKS,
    *docker.CHECKS,
)
STATUSES: Final = ("ok", "warn", "fail", "skip", "unknown")


@dataclass(frozen=True)
class Report:
    """What the checks found."""

    findings: tuple[Finding, ...]

    @property
    def obstacles(self) -> tuple[Finding, ...]:
        """The findings that keep an agent from working here."""
        return tuple(one for one in self.findings if one.blocking and one.status == "fail")

    @property
    def summary(self) -> dict[str, int]:
        """How many findings there are of each status."""
        return {status: sum(one.status == status for one in self.findings) for status in STATUSES}

    def to_dict(self) -> dict[str, object]:
        """The body of the document."""
        return {"ok": not self.obstacles, "summary": self.summary, "findings": to_plain(self.findings)}


def choose_checks(only: Sequence[str], leave_out: Sequence[str]) -> tuple[Check, ...]:
    """The checks of this run.

    Raises:
        UsageError: there is no check of that name, or none is left.
    """
    for name in (*only, *leave_out):
        _ensure_known(name)
    chosen = tuple(one for one in CHECKS if (not only or one.id in only) and one.id not in leave_out)
    if not chosen:
        raise UsageError("E113", "voicectl doctor", "--skip leaves no check", fix="see `voicectl doctor --list`")
    return chosen


def list_of(checks: Sequence[Check]) -> dict[str, object]:
    """The body of the document of `--list`."""
    rows = [{"id": one.id, "group": one.group, "blocking": one.blocking, "why": one.why} for one in checks]
    return {"ok": True, "checks": rows}


def examine(config: Config, facts: Facts, checks: Sequence[Check]) -> Report:
    """Run them all, and never stop at the first trouble."""
    return Report(tuple(one.find(config, facts) for one in checks))


def _ensure_known(name: str) -> None:
    names = [one.id for one in CHECKS]
    if name not in names:
        near = get_close_matches(name, names, n=1, cutoff=0.3)
        fix = f"did you mean {near[0]}?" if near else "see `voicectl doctor --list`"
        raise UsageError("E113", "voicectl doctor", f"no check is called {name!r}", fix=fix)
