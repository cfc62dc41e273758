"""How the command line answers a command that it does not know: in the same words as every other error."""

from difflib import get_close_matches
from typing import Any

from typer.core import TyperGroup

from voicectl.errors import UsageError


class CommandGroup(TyperGroup):
    """The commands; the nearest one is named where there is none."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command (Typer keeps the type of `ctx` to itself).

        Raises:
            UsageError: there is no such command.
        """
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            near = get_close_matches(args[0], self.commands, n=1)
            fix = f"did you mean {near[0]}?" if near else f"use one of: {', '.join(self.commands)}"
            raise UsageError("E101", "voicectl", f"unknown command ({args[0]})", fix=fix)
        return super().resolve_command(ctx, args)
