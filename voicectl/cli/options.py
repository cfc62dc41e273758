"""Options that several commands share, and the configuration that they name."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voicectl.errors import UsageError

if TYPE_CHECKING:
    from voicectl.config.sections import Config
    from voicectl.console import Screen


def file_to_read(*names: str, says: str, metavar: str = "FILE") -> Any:
    """An option that names a file; Typer leaves it alone, since whoever opens it says whose it is when it cannot be."""
    return typer.Option(*names, metavar=metavar, help=says, readable=False)


ConfigOption = Annotated[
    Path | None,
    file_to_read("--config", metavar="PATH", says="The configuration; by default ./voicectl.toml, if there is one."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask, go ahead.")]


def refuse_contradictions(command: str, **wanted: bool) -> None:
    """Options that speak of different machines, or of none.

    Raises:
        UsageError: E114, with the two that exclude each other.
    """
    chosen = [name for name, is_wanted in wanted.items() if is_wanted]
    if len(chosen) > 1:
        first, second = (f"--{name.replace('_', '-')}" for name in chosen[:2])
        raise UsageError("E114", command, f"{first} and {second} exclude each other", fix="use one of them")


def open_config(path: Path | None, screen: "Screen") -> "Config":
    """The configuration in use; the operator is told when it is the defaults."""
    from voicectl.config.find import find_config  # noqa: PLC0415 - `voicectl --help` reads no configuration
    from voicectl.config.load import load_config  # noqa: PLC0415 - the same

    if find_config(path, os.environ) is None:
        screen.say("No voicectl.toml found: the defaults are in use. `voicectl init` writes a file to edit.")
    return load_config(path, os.environ)
