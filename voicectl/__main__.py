"""The entry point: one command line in, one exit code out, and never a traceback for the operator's slips."""

import os
import re
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Final

import typer

from voicectl.cli import app
from voicectl.console import Screen
from voicectl.errors import StoppedError, UsageError, VoicectlError

_BROKEN_PIPE: Final = 141
_SECRET_OPTION: Final = re.compile(r"--?([a-z]+-)*(password|passwd|passphrase|secret|token|key)(=.*)?", re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (README, "Exit codes")."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        code = _answer(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader went away, as `head` does: whatever is still buffered has nowhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    return code


def _answer(arguments: Sequence[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a path may hold bytes that are no text; printing must not crash on it
            stream.reconfigure(errors="backslashreplace")
    try:
        return _run(arguments)
    except VoicectlError as error:
        Screen(json="--json" in arguments).fail(f"voicectl.{_command(arguments)}/1", error)
        return error.exit_code


def _run(arguments: Sequence[str]) -> int:
    """Parse and carry out; what Typer has to say comes out as our own errors."""
    _ensure_safe(arguments)
    try:
        return int(app(arguments, prog_name="voicectl", standalone_mode=False) or 0)
    except typer.Abort as stop:
        raise StoppedError("E130", "voicectl", "stopped at the question", fix="run the same command again") from stop
    except typer.TyperException as error:
        where = f"voicectl {_command(arguments)}".removesuffix(" usage")
        problem = " ".join(error.format_message().split()).rstrip(".")
        raise UsageError("E111", where, problem, fix=f"see {where} --help") from error


def _ensure_safe(arguments: Sequence[str]) -> None:
    for position, argument in enumerate(arguments, start=1):
        if "\0" in argument or _has_broken_text(argument):
            problem = f"argument {position} is not text ({argument!a})"
            raise UsageError("E106", "voicectl", problem, fix="type it in UTF-8, without NUL")
        if _SECRET_OPTION.fullmatch(argument):
            option = argument.partition("=")[0]
            problem = "a secret on the command line is visible to every process of the machine ([hidden])"
            raise UsageError("E110", option, problem, fix="deploy makes the passwords itself; leave the option out")


def _has_broken_text(argument: str) -> bool:
    """Python keeps bytes that are not UTF-8 as lone surrogates, which cannot be encoded again."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return True
    return False


def _command(arguments: Sequence[str]) -> str:
    """The command's name for the document's schema; `usage` where the line names none."""
    known = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    return next((word for word in arguments if word in known), "usage")


if __name__ == "__main__":
    sys.exit(main())
