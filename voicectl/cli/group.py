"""How the command line answers a command that it does not know: in the same words as every other error."""

from difflib import get_close_matches
from typing import Any

from typer.core import TyperGroup

from voicectl.errors import UsageError


class CommandGroup(TyperGroup):
    """The commands; the nearest one is named where there is none."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what stands before the command (Typer keeps the type of `ctx` to itself).

        Typer's own flags, of help and of completion, are None by default, and of None it asks pydantic what it means,
        which takes longer than the rest of `--help`.
        """
        for option in self.get_params(ctx):
            if option.default is None and getattr(option, "is_flag", False):
                option.default = False
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command.

        Raises:
            UsageError: there is no such command.
        """
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            near = get_close_matches(args[0], self.commands, n=1)
            fix = f"did you mean {near[0]}?" if near else f"use one of: {', '.join(self.commands)}"
            raise UsageError("E101", "voicectl", f"unknown command ({args[0]})", fix=fix)
        return super().resolve_command(ctx, args)
