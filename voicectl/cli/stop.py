"""`voicectl stop`: take the agent down, and away."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from voicectl.cli.options import ConfigOption, JsonOption, YesOption, open_config
from voicectl.console import Screen
from voicectl.errors import MachineError, VoicectlError

if TYPE_CHECKING:
    from voicectl.cli.screen_reporter import ScreenReporter

RemoveOption = Annotated[
    bool, typer.Option("--remove", help="Also delete the agent's folder, with its recordings and its record of calls.")
]


def stop(
    *, config: ConfigOption = None, yes: YesOption = False, remove: RemoveOption = False, json: JsonOption = False
) -> None:
    """Stop every service; nobody answers the phone until the next deploy."""
    from voicectl.cli.screen_reporter import ScreenReporter  # noqa: PLC0415 - `voicectl --help` stops nothing
    from voicectl.phases.interrupt import Interrupts  # noqa: PLC0415 - the same
    from voicectl.phases.stop import is_deployed, stop_services  # noqa: PLC0415 - the same
    from voicectl.render.places import places_of  # noqa: PLC0415 - the same
    from voicectl.runner import AnsiblePlayer  # noqa: PLC0415 - the same

    screen = Screen(json=json)
    places = places_of(open_config(config, screen))
    if not is_deployed(places):
        nothing = {"ok": True, "changed": 0, "removed": False}
        screen.show("voicectl.stop/1", nothing, lambda: f"Nothing is deployed in {places.prefix}.")
        return
    if os.geteuid() != 0:
        raise MachineError("E450", "voicectl stop", "the services belong to root", fix="sudo voicectl stop")
    reporter = ScreenReporter(screen, "voicectl stop")
    if not yes and not _is_confirmed(reporter, str(places.prefix), remove=remove):
        raise VoicectlError("E131", "voicectl stop", "not confirmed, nothing was changed", fix="run it again")
    with Interrupts("voicectl stop") as interrupts:
        changes = stop_services(places, AnsiblePlayer(interrupts, reporter), remove=remove)
    document = {"ok": True, "changed": len(changes), "removed": remove}
    screen.show("voicectl.stop/1", document, lambda: "The agent is gone." if remove else "The agent is stopped.")


def _is_confirmed(reporter: "ScreenReporter", prefix: str, *, remove: bool) -> bool:
    if remove:
        return reporter.confirm_by_name(f"This deletes {prefix} with every recording.", prefix)
    return reporter.confirm("Stop the agent? Calls that are running will be cut.")
