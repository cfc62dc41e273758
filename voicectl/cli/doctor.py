"""`voicectl doctor`: what is this machine, and what would break a call on it?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voicectl.cli.options import ConfigOption, JsonOption, YesOption, file_to_read, open_config, refuse_contradictions
from voicectl.console import Screen

if TYPE_CHECKING:
    from voicectl.config.sections import Config
    from voicectl.hardware.facts import Facts

ListOption = Annotated[bool, typer.Option("--list", help="Name every check instead of running them.")]
OnlyOption = Annotated[list[str] | None, typer.Option("--only", metavar="ID", help="Run this check; repeatable.")]
SkipOption = Annotated[list[str] | None, typer.Option("--skip", metavar="ID", help="Leave this one out; repeatable.")]
FactsOption = Annotated[
    bool, typer.Option("--facts", help="Print what is known about the machine as JSON, for `plan --facts FILE`.")
]
ReadSpeedOption = Annotated[bool, typer.Option("--read-speed", help="Also measure how fast the disk reads (a second).")]
HostOption = Annotated[
    str | None, typer.Option("--host", metavar="[USER@]HOST", help="Examine another machine, over SSH.")
]
BundleOption = Annotated[
    Path | None, typer.Option("--bundle", metavar="FILE", help="Also write a support case, redacted, to send away.")
]
ReplayOption = Annotated[Path | None, file_to_read("--replay", says="Examine the machine of a support case.")]
FixOption = Annotated[
    bool, typer.Option("--fix", help="Show which fixes are safe, ask, carry them out, and examine again.")
]
SiteOption = Annotated[
    bool, typer.Option("--site-checklist", help="Print what no program can see, to walk through, date and sign.")
]


def doctor(
    *,
    config: ConfigOption = None,
    only: OnlyOption = None,
    skip: SkipOption = None,
    list_checks: ListOption = False,
    host: HostOption = None,
    facts: FactsOption = False,
    read_speed: ReadSpeedOption = False,
    bundle: BundleOption = None,
    replay: ReplayOption = None,
    site_checklist: SiteOption = False,
    fix: FixOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Examine this machine and name what would break a call on it; exit 3 when something stands in the way."""
    from voicectl.cli.doctor_job import (  # noqa: PLC0415 - `--help` examines nothing
        carry_out_fixes,
        show_site_checklist,
        write_case,
    )
    from voicectl.cli.doctor_picture import picture_of_checks, picture_of_report  # noqa: PLC0415 - the same
    from voicectl.doctor.examine import SCHEMA, choose_checks, examine, list_of  # noqa: PLC0415 - the same
    from voicectl.hardware.facts import SCHEMA as FACTS_SCHEMA  # noqa: PLC0415 - the same

    screen, checks = Screen(json=json), choose_checks(only or (), skip or ())
    refuse_contradictions("voicectl doctor", host=host is not None, replay=replay is not None, fix=fix)
    refuse_contradictions("voicectl doctor", facts=facts, bundle=bundle is not None, fix=fix)
    if list_checks:
        screen.show(SCHEMA, list_of(checks), lambda: picture_of_checks(checks))
        return
    if site_checklist:
        show_site_checklist(screen)
        return
    wishes, found = _look(config, host, replay, screen, read_speed=read_speed)
    if facts:
        Screen(json=True).show(FACTS_SCHEMA, found.to_dict(), str)
        return
    report = examine(wishes, found, checks)
    if fix and carry_out_fixes(wishes, found, report, screen, yes=yes):
        report = examine(wishes, _look(config, None, None, screen, read_speed=False)[1], checks)
    if bundle:
        write_case(bundle, wishes, found, report, with_logs=host is None)
        screen.say(f"Written to {bundle}, for its owner alone; look through it before you send it.")
    screen.show(SCHEMA, report.to_dict(), lambda: picture_of_report(report))
    if report.obstacles:
        raise typer.Exit(3)


def _look(
    config: Path | None, host: str | None, replay: Path | None, screen: Screen, *, read_speed: bool
) -> "tuple[Config, Facts]":
    """Whose machine it is, and what its agent should be."""
    from voicectl.catalogue.models import load_models  # noqa: PLC0415 - `voicectl --help` examines nothing
    from voicectl.cli.doctor_job import look_elsewhere  # noqa: PLC0415 - the same
    from voicectl.doctor.bundle import read_bundle  # noqa: PLC0415 - the same
    from voicectl.hardware.gather import gather_facts  # noqa: PLC0415 - the same
    from voicectl.phases.host_name import parse_host  # noqa: PLC0415 - the same

    if replay is not None:
        return read_bundle(replay)
    machine = None if host is None else parse_host(host)
    wishes = open_config(config, screen)
    if machine is not None:
        return wishes, look_elsewhere(machine, config, screen, read_speed=read_speed)
    return wishes, gather_facts(wishes, load_models(), read_speed=read_speed)
