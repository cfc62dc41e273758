"""`voicectl plan`: which engines answer the phone on this machine, and why?"""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from voicectl.cli.options import ConfigOption, JsonOption, open_config
from voicectl.console import Screen

OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Where the plan is written; by default beside the configuration."),
]
ProfileOption = Annotated[
    Literal["embedded", "cpu", "gpu"] | None, typer.Option("--profile", help="Overrule agent.profile.")
]


def plan(
    *, config: ConfigOption = None, profile: ProfileOption = None, out: OutOption = None, json: JsonOption = False
) -> None:
    """Choose the engines that this machine carries, say why, and write it down for `voicectl deploy`."""
    from voicectl.catalogue.models import load_models  # noqa: PLC0415 - `voicectl --help` plans nothing
    from voicectl.cli.plan_picture import picture_of_plan  # noqa: PLC0415 - the same
    from voicectl.config.find import find_config  # noqa: PLC0415 - the same
    from voicectl.hardware.gather import gather_facts  # noqa: PLC0415 - the same
    from voicectl.planner.document import plan_path, plan_to_dict, write_plan  # noqa: PLC0415 - the same
    from voicectl.planner.plan import SCHEMA, make_plan  # noqa: PLC0415 - the same

    screen, models = Screen(json=json), load_models()
    wishes = open_config(config, screen)
    decided = make_plan(wishes, gather_facts(wishes, models), models, profile=profile)
    path = out or plan_path(find_config(config, os.environ))
    write_plan(decided, path)
    screen.show(SCHEMA, plan_to_dict(decided), lambda: picture_of_plan(decided, path))
