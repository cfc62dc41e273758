"""The entry point: one command line in, one exit code out, and never a traceback for the operator's slips."""

import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from errno import EDQUOT, EFBIG, EIO, ENOSPC
from io import TextIOWrapper
from pathlib import Path
from typing import Final, TextIO, cast

import typer
from typer.main import get_command

from voicectl.cli import app
from voicectl.console import Screen
from voicectl.errors import StoppedError, UsageError, VoicectlError

_BROKEN_PIPE: Final = 141  # what a shell shows for a program that SIGPIPE ended
_NO_ROOM: Final = frozenset({ENOSPC, EDQUOT, EFBIG, EIO})
_COMPLETION: Final = "_VOICECTL_COMPLETE"
_SECRET_OPTION: Final = re.compile(r"--?([a-z]+-)*(password|passwd|passphrase|secret|token|key)(=.*)?", re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (README, "Exit codes")."""
    arguments = sys.argv[1:] if arguments is None else arguments
    # A service manager may close them. In this order each takes its own number, which no file of ours gets then.
    sys.stdin = sys.stdin or _nowhere("r")
    sys.stdout = sys.stdout or _nowhere("w")
    sys.stderr = sys.stderr or _nowhere("w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a path may hold bytes that are no text; printing must not crash on it
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _answer(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader went away, as `head` does
        _give_up_stdout()
        return _BROKEN_PIPE
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        return _tell_no_room(arguments, str(error.strerror))
    return code


def _nowhere(mode: str) -> TextIO:
    return cast("TextIO", Path(os.devnull).open(mode, encoding="utf-8"))  # open as long as the process is


def _tell_no_room(arguments: Sequence[str], why: str) -> int:
    """Wherever it was: commands answer for their own files, so it mostly was stdout."""
    fix = "make room on the disk, or send the result to another one, and run the same command again"
    error = VoicectlError("E406", f"voicectl {_command(arguments) or ''}".rstrip(), f"cannot write ({why})", fix=fix)
    with suppress(OSError):
        _fail(arguments, error)
        sys.stdout.flush()
    _give_up_stdout()
    return error.exit_code


def _give_up_stdout() -> None:
    """What is still buffered has nowhere to go, and Python must not try once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _answer(arguments: Sequence[str]) -> int:
    """The command's exit code; whatever went wrong for the operator is told on one line."""
    try:
        return _run(arguments)
    except VoicectlError as error:
        return _fail(arguments, error)
    except (KeyboardInterrupt, typer.Abort):
        stopped = StoppedError("E130", "voicectl", "stopped by the operator", fix="run the same command again")
        return _fail(arguments, stopped)


def _run(arguments: Sequence[str]) -> int:
    """Parse and carry out; what Typer has to say comes out as our own errors."""
    if _COMPLETION in os.environ:  # the shell asks what could follow; only Typer's own entry answers that
        app(prog_name="voicectl", complete_var=_COMPLETION)
    _ensure_text(arguments)
    _ensure_no_secret(arguments)
    command = get_command(app)
    try:
        with command.make_context("voicectl", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    except typer.TyperException as error:
        where = f"voicectl {_command(arguments) or ''}".rstrip()
        problem = " ".join(error.format_message().replace("Value error, ", "").split()).rstrip(".")
        raise UsageError("E111", where, problem, fix=f"see {where} --help") from error
    return 0


def _fail(arguments: Sequence[str], error: VoicectlError) -> int:
    Screen(json="--json" in arguments).fail(f"voicectl.{_command(arguments) or 'usage'}/1", error)
    return error.exit_code


def _ensure_text(arguments: Sequence[str]) -> None:
    for position, argument in enumerate(arguments, start=1):
        # Python keeps bytes that are not UTF-8 as lone surrogates.
        if "\0" in argument or any("\ud800" <= character <= "\udfff" for character in argument):
            problem = f"argument {position} is not text ({argument!a})"
            raise UsageError("E106", "voicectl", problem, fix="type it in UTF-8, without NUL")


def _ensure_no_secret(arguments: Sequence[str]) -> None:
    for argument in arguments:
        if _SECRET_OPTION.fullmatch(argument):
            problem = "a secret on the command line can be read by every user of the machine ([hidden])"
            fix = "leave the option out: deploy makes the passwords, and keeps them in files"
            raise UsageError("E110", argument.partition("=")[0], problem, fix=fix)


def _command(arguments: Sequence[str]) -> str | None:
    """The command that the line names, if any: its document's schema carries its name."""
    known = {str(getattr(command.callback, "__name__", "")) for command in app.registered_commands}
    return next((word for word in arguments if word in known), None)


if __name__ == "__main__":
    sys.exit(main())
