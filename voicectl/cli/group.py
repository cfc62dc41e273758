"""How the command line answers what it does not know, and Ctrl-C: in the same words as every other error."""

from difflib import get_close_matches
from typing import Any

from typer.core import TyperGroup

from voicectl.errors import StoppedError, UsageError


class CommandGroup(TyperGroup):
    """The commands, with our own errors in place of Typer's boxes (Typer keeps the type of `ctx` to itself)."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command, or name the nearest one.

        Raises:
            UsageError: there is no such command.
        """
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            near = get_close_matches(args[0], self.commands, n=1, cutoff=0.5)
            fix = f"did you mean {near[0]}?" if near else f"use one of: {', '.join(self.commands)}"
            raise UsageError("E101", "voicectl", f"unknown command ({args[0]})", fix=fix)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; Ctrl-C becomes an error like any other before Typer can swallow it.

        Raises:
            StoppedError: the operator pressed Ctrl-C.
        """
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise StoppedError("E130", "voicectl", "stopped by Ctrl-C", fix="run the same command again") from stop
