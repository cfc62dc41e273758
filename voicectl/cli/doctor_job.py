"""What `doctor` looks at: this machine, another one, or a case that somebody sent; and the case that it writes."""

import os
import pwd
import socket
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from voicectl.config.load import parse_config
from voicectl.errors import MachineError, VoicectlError

if TYPE_CHECKING:
    from voicectl.config.sections import Config
    from voicectl.console import Screen
    from voicectl.doctor.examine import Report
    from voicectl.hardware.facts import Facts
    from voicectl.phases.host_name import Host

_COMMAND: Final = "voicectl doctor"
_FIRST_UID_OF_PEOPLE: Final = 1000
_NOBODY: Final = 65_534


def look_elsewhere(host: "Host", config: Path | None, screen: "Screen", *, read_speed: bool) -> "Facts":
    """The facts of another machine.

    Raises:
        MachineError: E403, it does not answer.
    """
    from voicectl.cli.screen_reporter import ScreenReporter  # noqa: PLC0415 - most looks are at this machine
    from voicectl.config.find import find_config, read_config  # noqa: PLC0415 - the same
    from voicectl.phases.gather_elsewhere import gather_elsewhere  # noqa: PLC0415 - the same
    from voicectl.phases.interrupt import Interrupts  # noqa: PLC0415 - the same
    from voicectl.runner import AnsiblePlayer, Deadlines  # noqa: PLC0415 - the same

    file = find_config(config, os.environ)
    with Interrupts(_COMMAND) as interrupts:
        player = AnsiblePlayer(interrupts, ScreenReporter(screen, _COMMAND), Deadlines(60, 30), host=host)
        text = "" if file is None else read_config(file)
        return gather_elsewhere(str(host), text, player, read_speed=read_speed)


def write_case(path: Path, wishes: "Config", facts: "Facts", report: "Report", *, with_logs: bool) -> None:
    """Write a support case; the logs are this machine's.

    Raises:
        MachineError: E404.
    """
    from voicectl.doctor.bundle import Case, write_bundle  # noqa: PLC0415 - most looks write none
    from voicectl.doctor.last_lines import last_lines  # noqa: PLC0415 - the same
    from voicectl.doctor.redact import Redactor  # noqa: PLC0415 - the same
    from voicectl.render.places import places_of  # noqa: PLC0415 - the same

    places = places_of(wishes)
    redactor = Redactor(_passwords(places.prefix / "secrets"), _names(wishes))
    logs = last_lines(places.log, redactor) if with_logs else {}
    write_bundle(path, Case(wishes, facts, report, logs, datetime.now(UTC)), redactor)


def carry_out_fixes(wishes: "Config", facts: "Facts", report: "Report", screen: "Screen", *, yes: bool) -> bool:
    """Show what is safe to do, ask, and do it; False where there is nothing to do.

    Raises:
        MachineError: E450, this takes root.
        UsageError: E107, there is nobody to ask.
        VoicectlError: E131, the operator said no.
        ProvisionError: a step failed.
    """
    from voicectl.cli.screen_reporter import ScreenReporter  # noqa: PLC0415 - most looks change nothing
    from voicectl.doctor.fixes import tuning_of  # noqa: PLC0415 - the same
    from voicectl.phases.interrupt import Interrupts  # noqa: PLC0415 - the same
    from voicectl.runner import AnsiblePlayer  # noqa: PLC0415 - the same

    command, tuning = f"{_COMMAND} --fix", tuning_of(report, facts)
    reporter = ScreenReporter(screen, command)
    if not tuning.steps:
        reporter.say("Nothing that can be fixed safely; what is left needs a person.")
        return False
    reporter.say("This would be done, and kept for the next start of the machine:")
    for step in tuning.steps:
        reporter.say(f"  {step}")
    if os.geteuid() != 0:
        raise MachineError(
            "E450", command, "these are settings of the machine, which takes root", fix=f"sudo {command}"
        )
    if not yes and not reporter.confirm("Do all this?"):
        raise VoicectlError("E131", command, "not confirmed, nothing was changed", fix="run it again")
    with Interrupts(command) as interrupts, TemporaryDirectory(prefix="voicectl-") as work:
        variables = {"voicectl_prefix": str(wishes.deploy.prefix), **tuning.variables()}
        AnsiblePlayer(interrupts, reporter).play("fix.yml", variables, Path(work))
    return True


def show_site_checklist(screen: "Screen") -> None:
    """Print what a person has to look at, with today's date and this machine's name."""
    from voicectl.doctor.site_checklist import SCHEMA, site_document, site_page  # noqa: PLC0415 - nobody else needs it

    today, machine = datetime.now(UTC).astimezone().date(), socket.gethostname()
    screen.show(SCHEMA, site_document(today, machine), lambda: site_page(today, machine))


def _passwords(folder: Path) -> list[str]:
    """To be looked for in everything that is written; a case without them is better than none.

    Raises:
        MachineError: E405, they exist and this user may not read them, so nothing can be promised about them.
    """
    try:
        return [path.read_text(encoding="utf-8").strip() for path in folder.iterdir()] if folder.exists() else []
    except OSError as error:
        problem = f"the passwords to be left out cannot be read ({error.strerror})"
        raise MachineError("E405", str(folder), problem, fix="run the command as root") from error


def _names(wishes: "Config") -> list[str]:
    accounts = [one.pw_name for one in pwd.getpwall() if _FIRST_UID_OF_PEOPLE <= one.pw_uid < _NOBODY]
    machine = socket.gethostname()
    own = [os.environ.get("SUDO_USER", ""), machine if machine != "localhost" else ""]
    # What every agent is called by default is nobody's name, and stands in many of our own sentences.
    return [*accounts, *own, *(_said(wishes) - _said(parse_config("")))]


def _said(wishes: "Config") -> set[str]:
    people = [name for person in wishes.people for name in (person.key, person.says)]
    return {*people, wishes.sip.username, wishes.agent.name, wishes.agent.business}
