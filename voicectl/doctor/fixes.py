"""Which of the fixes that a report shows are safe to carry out, as what the role `tuning` takes: `--fix` and deploy."""

import shlex
from dataclasses import dataclass, field
from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.examine import CHECKS, Report, examine
from voicectl.hardware.facts import Facts, System

# Nothing here restarts, removes or cuts off anything; each is undone by one command.
_SAFE: Final = {
    "time.sync",
    "swap",
    "rtp.local_ports",
    "net.bufs",
    "net.conntrack",
    "secrets.perms",
    "gpu.hold",
}


@dataclass(frozen=True)
class Tuning:
    """What is to be so; by the words of the commands that the findings show."""

    kernel: dict[str, str] = field(default_factory=dict)
    private_files: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)

    @property
    def steps(self) -> tuple[str, ...]:
        """Each change as the command that would make it."""
        return (
            *(f"sysctl {name}={value}" for name, value in self.kernel.items()),
            *(f"chmod 600 {shlex.quote(path)}" for path in self.private_files),
            *(f"apt-get install {name}" for name in self.packages),
            *(f"apt-mark hold {name}" for name in self.held),
        )

    def variables(self) -> dict[str, object]:
        """For a playbook that plays the role."""
        return {f"voicectl_{name}": value for name, value in vars(self).items()}


def tuning_for(config: Config, facts: Facts) -> Tuning:
    """What a deployment makes of this machine, besides its own files."""
    return tuning_of(examine(config, facts, CHECKS), facts)


def tuning_of(report: Report, facts: Facts) -> Tuning:
    """Collect the safe fixes of everything that is not as it should be."""
    tuning = Tuning()
    for finding in report.findings:
        if finding.id in _SAFE and finding.status in {"warn", "fail"} and finding.fix is not None:
            for command in finding.fix.commands:
                _add(tuning, shlex.split(command))
    if not (isinstance(facts.system, System) and facts.system.kernel_settable):
        tuning.kernel.clear()
    return tuning


def _add(tuning: Tuning, words: list[str]) -> None:
    match words:
        case ["sysctl", setting]:
            name, _, value = setting.partition("=")
            tuning.kernel[name] = value
        case ["chmod", "600", *paths]:
            tuning.private_files.extend(paths)
        case ["apt-get", "install", *names]:
            tuning.packages.extend(names)
        case ["apt-mark", "hold", *names]:
            tuning.held.extend(names)
