"""`voicectl deploy`: render, show the difference, apply, place a real phone call; keep it or put the old one back."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from voicectl.cli.options import ConfigOption, JsonOption, YesOption, open_config
from voicectl.console import Screen

if TYPE_CHECKING:
    from voicectl.phases.deployment import Report

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Write over files that were changed by hand.")]


def deploy(
    *,
    config: ConfigOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    force: ForceOption = False,
    json: JsonOption = False,
) -> None:
    """Bring the agent to this machine, and prove it with a phone call."""
    from voicectl.cli.screen_reporter import ScreenReporter  # noqa: PLC0415 - `voicectl --help` deploys nothing
    from voicectl.config.find import find_config  # noqa: PLC0415 - the same
    from voicectl.phases.deployment import Deployment, Order  # noqa: PLC0415 - the same
    from voicectl.phases.interrupt import Interrupts  # noqa: PLC0415 - the same
    from voicectl.phases.this_machine import this_machine  # noqa: PLC0415 - the same
    from voicectl.planner.document import plan_path  # noqa: PLC0415 - the same

    screen = Screen(json=json)
    wishes = open_config(config, screen)
    plan_file = plan_path(find_config(config, os.environ))
    reporter = ScreenReporter(screen, "voicectl deploy")
    with Interrupts("voicectl deploy") as interrupts:
        order = Order(config=wishes, plan_file=plan_file, dry_run=dry_run, yes=yes, force=force)
        report = Deployment(order, this_machine(wishes, interrupts, reporter), reporter).run()
    screen.show("voicectl.deploy/1", report.to_dict(), lambda: picture_of_report(report))


def picture_of_report(report: "Report") -> str:
    """The last lines of a deployment."""
    if report.dry_run:
        return "Nothing was changed. `voicectl deploy` does it."
    changed = f"{len(report.changes)} changes" if report.changes else "Nothing to change"
    turns = report.gate["turns"] if report.gate else ()
    heard = "".join(f"\n  asked: {turn['said']}\n  heard: {turn['heard']}" for turn in turns)
    return f"{changed}. The agent answered the test call.{heard}\n`voicectl status` says how to reach it."
