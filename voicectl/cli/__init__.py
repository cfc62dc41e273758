"""The command line: which commands there are, in the order in which an operator needs them."""

from typing import Annotated, Final

import typer

from voicectl.cli import bench, call, deploy, doctor, init, logs, models, plan, status, stop
from voicectl.cli.group import CommandGroup

COMMANDS: Final = (
    (doctor.doctor, "What is this machine, and what would break a call on it?"),
    (plan.plan, "Which engines answer the phone on this machine, and why?"),
    (models.models, "Fetch and verify the models that the plan needs."),
    (deploy.deploy, "Install the agent here, or change it; a phone call proves it."),
    (status.status, "What runs, since when, and how to call it."),
    (call.call, "Call the agent with a synthetic phone, and measure its answers."),
    (bench.bench, "Latency, per stage and voice to voice, over many turns and calls."),
    (logs.logs, "What the services and the calls say; one call as a timeline."),
    (stop.stop, "Take the agent down."),
    (init.init, "Write a commented voicectl.toml to edit."),
)

app: Final = typer.Typer(
    name="voicectl",
    cls=CommandGroup,
    epilog="Begin with `voicectl doctor`, then `voicectl plan`, then `voicectl deploy`.",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,  # Rich would double the time of `--help`
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,  # said twice on purpose: a crash must not print a password
)
for _command, _help in COMMANDS:
    app.command(short_help=_help)(_command)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - only this option needs it

        typer.echo(f"voicectl {version('voicectl')}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
]


@app.callback()
def voicectl(ctx: typer.Context, *, version: VersionOption = False) -> None:  # noqa: ARG001 - its callback answers it
    """Provision and operate a self-hosted AI phone agent."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
