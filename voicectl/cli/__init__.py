"""The command line: which commands there are, in the order in which an operator needs them."""

from typing import Annotated, Final

import typer

from voicectl.cli import doctor, init, models, plan
from voicectl.cli.group import CommandGroup

COMMANDS: Final = (init.init, doctor.doctor, plan.plan, models.models)

app: Final = typer.Typer(
    name="voicectl",
    cls=CommandGroup,
    help="Provision and operate a self-hosted AI phone agent.",
    epilog="Start with: voicectl doctor, then voicectl plan, then voicectl deploy.",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    rich_markup_mode=None,  # Rich would double the time of `--help`
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,  # said twice: a crash must not print a password
)
for _command in COMMANDS:
    app.command()(_command)


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
