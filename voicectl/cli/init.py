"""`voicectl init`: a first configuration to edit."""

from pathlib import Path
from typing import Annotated

import typer

from voicectl.cli.options import JsonOption
from voicectl.console import Screen

PathArgument = Annotated[Path, typer.Argument(metavar="[PATH]", help="The file, or the folder for it.")]


def init(path: PathArgument = Path("voicectl.toml"), *, json: JsonOption = False) -> None:
    """Write a commented voicectl.toml with every option and its default."""
    from voicectl.config.write import write_reference  # noqa: PLC0415 - `voicectl --help` reads no configuration

    target = write_reference(path)
    Screen(json=json).show(
        "voicectl.init/1",
        {"ok": True, "path": str(target)},
        lambda: f"Wrote {target}: edit it, then run `voicectl doctor`.",
    )
