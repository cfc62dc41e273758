"""What the operator sees: the result on stdout, the conversation on stderr."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from voicectl.errors import VoicectlError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_USUAL_WIDTH: Final = 80


def is_interactive() -> bool:
    """True where a person can answer a question: a terminal on both ends, and no CI."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not os.environ.get("CI")


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console  # noqa: PLC0415 - Rich costs 60 ms, which `--help` does not have

    class Frank(Console):
        """Rich would end the program by itself when its reader goes away."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    stream = sys.stderr if stderr else sys.stdout  # what is not read on a terminal is not broken into its lines
    console = Frank(stderr=stderr, highlight=False, soft_wrap=not stream.isatty())
    if not console.width:  # COLUMNS=0, as some say that they do not know; nothing would be printed
        console.width = _USUAL_WIDTH
    return console


@dataclass(frozen=True)
class Screen:
    """One command's two streams; text and JSON are made from the same document."""

    json: bool = False

    def say(self, message: "RenderableType") -> None:
        """Tell the operator something on stderr; Rich markup is not interpreted in plain strings."""
        with suppress(OSError):  # nobody listens; that spoils no result
            _console(stderr=True).print(message, markup=False)

    def show(self, schema: str, document: Mapping[str, object], picture: "Callable[[], RenderableType]") -> None:
        """Print a command's one result on stdout: the document as JSON, or its picture for a person."""
        if self.json:
            sys.stdout.write(json.dumps({"schema": schema, **document}, indent=2, ensure_ascii=False) + "\n")
        else:
            _console(stderr=False).print(picture())

    def fail(self, schema: str, error: VoicectlError) -> None:
        """Print an error: one line on stderr and, with `--json`, the document on stdout."""
        with suppress(OSError):
            sys.stderr.write(f"{error}\n")
        if self.json:
            document = {"schema": schema, "ok": False, **error.beside(), "error": error.to_dict()}
            sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
