"""`voicectl doctor`: what is this machine, and what would break a call on it?"""

from typing import Annotated

import typer

from voicectl.cli.options import ConfigOption, JsonOption, open_config
from voicectl.console import Screen

ListOption = Annotated[bool, typer.Option("--list", help="Name every check instead of running them.")]
OnlyOption = Annotated[list[str] | None, typer.Option("--only", metavar="ID", help="Run this check; repeatable.")]
SkipOption = Annotated[list[str] | None, typer.Option("--skip", metavar="ID", help="Leave this one out; repeatable.")]
FactsOption = Annotated[
    bool, typer.Option("--facts", help="Print what is known about the machine as JSON, for `plan --facts FILE`.")
]
ReadSpeedOption = Annotated[bool, typer.Option("--read-speed", help="Also measure how fast the disk reads (a second).")]


def doctor(
    *,
    config: ConfigOption = None,
    only: OnlyOption = None,
    skip: SkipOption = None,
    list_checks: ListOption = False,
    facts: FactsOption = False,
    read_speed: ReadSpeedOption = False,
    json: JsonOption = False,
) -> None:
    """Examine this machine and name what would break a call on it; exit 3 when something stands in the way."""
    from voicectl.catalogue.models import load_models  # noqa: PLC0415 - `voicectl --help` examines nothing
    from voicectl.cli.doctor_picture import picture_of_checks, picture_of_report  # noqa: PLC0415 - the same
    from voicectl.doctor.examine import SCHEMA, choose_checks, examine, list_of  # noqa: PLC0415 - the same
    from voicectl.hardware.facts import SCHEMA as FACTS_SCHEMA  # noqa: PLC0415 - the same
    from voicectl.hardware.gather import gather_facts  # noqa: PLC0415 - the same

    screen, checks = Screen(json=json), choose_checks(only or (), skip or ())
    if list_checks:
        screen.show(SCHEMA, list_of(checks), lambda: picture_of_checks(checks))
        return
    wishes = open_config(config, screen)
    found = gather_facts(wishes, load_models(), read_speed=read_speed)
    if facts:
        Screen(json=True).show(FACTS_SCHEMA, found.to_dict(), str)
        return
    report = examine(wishes, found, checks)
    screen.show(SCHEMA, report.to_dict(), lambda: picture_of_report(report))
    if report.obstacles:
        raise typer.Exit(3)
