"""`voicectl status`: what runs, and how a phone reaches it."""

from typing import TYPE_CHECKING

import typer

from voicectl.cli.options import ConfigOption, JsonOption, open_config
from voicectl.console import Screen

if TYPE_CHECKING:
    from rich.console import RenderableType

    from voicectl.phases.status import Status


def status(*, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the services, and how to call the agent from a softphone."""
    from voicectl.phases.status import status_of  # noqa: PLC0415 - `voicectl --help` looks at nothing
    from voicectl.render.places import places_of  # noqa: PLC0415 - the same

    screen = Screen(json=json)
    found = status_of(places_of(open_config(config, screen)))
    screen.show("voicectl.status/1", found.to_dict(), lambda: picture_of_status(found))
    if not found.ok:
        raise typer.Exit(1)


def picture_of_status(status: "Status") -> "RenderableType":
    """A table of the services, and what to enter into a softphone."""
    from rich.console import Group  # noqa: PLC0415 - JSON needs no table
    from rich.table import Table  # noqa: PLC0415 - the same

    table = Table("service", "state", "health", "pid", "up", "restarts", "memory")
    for one in status.services:
        health = {True: "ready", False: "not ready", None: ""}[one.healthy]
        memory = "" if one.memory_mib is None else f"{one.memory_mib} MiB"
        uptime = "" if one.uptime_s is None else _duration(one.uptime_s)
        table.add_row(one.name, one.state, health, str(one.pid or ""), uptime, str(one.restarts), memory)
    sip = status.sip
    return Group(
        table,
        *(
            f"Before the last update: orchestrator {one.pid} ends with its last call ({one.calls} live, "
            f"{one.memory_mib} MiB)."
            for one in status.draining
        ),
        f"Call extension {sip['extension']} at {sip['address']}:{sip['port']} ({sip['transport']}), "
        f"as user {sip['username']}; the password is in {sip['password_file']}.",
        f"With baresip: <sip:{sip['username']}@{sip['address']}:{sip['port']}>;auth_pass=..., "
        f"then dial sip:{sip['extension']}@{sip['address']}:{sip['port']}",
    )


def _duration(seconds: int) -> str:
    minutes, rest_s = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest_s} s" if minutes else f"{rest_s} s"
