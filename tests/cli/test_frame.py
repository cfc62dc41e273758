"""The command line's manners: one line and one exit code for every slip, JSON also when it fails, quick help."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from voicectl import __main__ as entry
from voicectl.cli import COMMANDS, app
from voicectl.console import is_interactive
from voicectl.errors import GateError, VoicectlError

main = entry.main
NAMES = [command.__name__ for command, _ in COMMANDS]
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(monkeypatch: pytest.MonkeyPatch, error: BaseException | None, *arguments: str) -> int:
    """Run `voicectl doctor`, whose body raises what a test wants to see the frame answer."""

    def raise_it(**_: Any) -> None:
        if error:
            raise error

    (registered,) = [command for command in app.registered_commands if command.callback is COMMANDS[0][0]]
    raise_it.__name__ = registered.callback.__name__ if registered.callback else ""
    raise_it.__signature__ = typer.main.inspect.signature(COMMANDS[0][0])  # type: ignore[attr-defined]  # read by Typer
    raise_it.__annotations__ = COMMANDS[0][0].__annotations__
    monkeypatch.setattr(registered, "callback", raise_it)
    return main(["doctor", *arguments])


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["doktor"], "E101", "unknown command (doktor). Fix: did you mean doctor?"),
        (["zzzz"], "E101", "unknown command (zzzz). Fix: use one of: doctor, plan"),
        (["--bogus"], "E111", "No such option: --bogus"),
        (["logs", "--calls", "--follow"], "E114", "--calls and --follow exclude each other"),
        (["doctor", "--jsno"], "E111", "voicectl doctor: No such option: --jsno"),
        (["init", "a", "b"], "E111", "unexpected extra argument"),
        (["doctor", "--config"], "E111", "requires an argument"),
        (["plan", "--profile", "tpu"], "E111", "'tpu' is not one of 'embedded', 'cpu', 'gpu'"),
        (["doctor", "--config", "no.toml"], "E102", "no.toml: no such file, searched as --config names it"),
        (["do\0ctor"], "E106", r"argument 1 is not text ('do\x00ctor')"),
        (["doctor", "--config", "a\udcff"], "E106", r"argument 3 is not text ('a\udcff')"),
        (["doctor", "--password", "hunter2"], "E110", "--password: a secret on the command line"),
        (["doctor", "--sip-secret=hunter2"], "E110", "--sip-secret: a secret on the command line"),
        (["x\nE999 y"], "E101", r"unknown command (x\nE999 y)"),
        (["\x1b[2J"], "E101", r"unknown command (\x1b[2J)"),
    ],
)
def test_usage_slip_is_one_line_and_exit_2(arguments: list[str], code: str, says: str, capsys: Capture) -> None:
    """1, 2, 6, 10: the slip, with the way out; the same in the JSON document; secrets are not repeated."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{code} ")
    assert says in err
    assert err.count("\n") == 1
    assert "hunter2" not in err
    assert "Traceback" not in err

    assert main([arguments[0], "--json", *arguments[1:]]) == 2
    document = json.loads(capsys.readouterr().out)
    assert (document["ok"], document["error"]["code"]) == (False, code)
    assert document["schema"] == f"voicectl.{arguments[0] if arguments[0] in NAMES else 'usage'}/1"
    assert "hunter2" not in json.dumps(document)


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("plan", "--config"),
        ("plan", "--facts"),
        ("doctor", "--replay"),
        ("bench", "--questions"),
    ],
)
def test_a_closed_file_is_named_with_its_owner(
    command: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """4: whoever opens it says whose it is; Typer, which would only say that it is closed, does not ask."""
    (tmp_path / "closed").write_text("", encoding="utf-8")
    others = Path.open

    def refuse(path: Path, *how: Any, **more: Any) -> Any:
        if path.name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return others(path, *how, **more)

    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(Path, "open", refuse)

    assert main([command, option, "closed"]) == 3

    assert "E104 closed: cannot be read (Permission denied, owner " in capsys.readouterr().err


def test_configuration_slip_is_one_line_and_exit_3(tmp_path: Path, capsys: Capture) -> None:
    """A broken file stops every command before it does anything."""
    (tmp_path / "voicectl.toml").write_text("[sip]\nprot = 1\n", encoding="utf-8")

    assert main(["doctor", "--json"]) == 3

    out, err = capsys.readouterr()
    assert err == "E202 voicectl.toml:2 sip.prot: unknown key ('prot'). Fix: did you mean port?\n"
    assert json.loads(out) == {
        "schema": "voicectl.doctor/1",
        "ok": False,
        "error": {
            "code": "E202",
            "where": "voicectl.toml:2 sip.prot",
            "problem": "unknown key ('prot')",
            "fix": "did you mean port?",
        },
    }


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, 0),
        (typer.Exit(3), 3),
        (VoicectlError("E500", "agent", "broken", fix="mend it"), 1),
        (GateError("E501", "call", "silent", fix="listen"), 7),
        (KeyboardInterrupt(), 130),
        (typer.Abort(), 130),
    ],
)
def test_exit_code_is_the_errors(
    error: BaseException | None, code: int, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """What a command raises becomes its exit code and at most one line, never a traceback."""
    assert run(monkeypatch, error) == code

    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == (0 if error is None or isinstance(error, typer.Exit) else 1)


def test_ctrl_c_is_reported_in_json(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A program that reads our document learns that the operator stopped us."""
    assert run(monkeypatch, KeyboardInterrupt(), "--json") == 130

    assert json.loads(capsys.readouterr().out)["error"]["problem"] == "stopped by the operator"


def test_bug_shows_no_variables(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A bug is not hidden; Typer's own hook, which can print local variables, stays out of it."""
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)

    with pytest.raises(ZeroDivisionError):
        run(monkeypatch, ZeroDivisionError("sentinel"))

    assert sys.excepthook is sys.__excepthook__
    assert (app.pretty_exceptions_enable, app.pretty_exceptions_show_locals) == (False, False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"], *([name, "-h"] for name in NAMES)])
def test_help_is_on_stdout(arguments: list[str], capsys: Capture) -> None:
    """Help is a result: exit 0, no colours, nothing on stderr."""
    assert main(arguments) == 0

    out, err = capsys.readouterr()
    assert out.startswith("Usage: voicectl")
    assert "\x1b" not in out
    assert err == ""


def test_help_lists_the_commands_in_the_operators_order(capsys: Capture) -> None:
    """From the first question about a machine to the last; each line is whole."""
    main(["--help"])

    listed = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed[: len(NAMES)]] == NAMES
    assert not [line for line in listed if line.endswith("...")]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_json(name: str, capsys: Capture) -> None:
    """The contract of every command: one document on demand."""
    main([name, "-h"])

    assert "--json" in capsys.readouterr().out


def test_version(capsys: Capture) -> None:
    """The version is the distribution's."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("voicectl 0.")


@pytest.mark.parametrize("is_in_command", [False, True])
def test_reader_that_leaves_is_no_error(is_in_command: bool, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """`voicectl x | head` ends quietly, in the help as well as in the middle of a command."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as broken:
        monkeypatch.setattr(sys, "stdout", broken)
        assert (run(monkeypatch, BrokenPipeError()) if is_in_command else main(["--help"])) == 141

    assert capsys.readouterr().err == ""


def test_reader_that_leaves_a_picture_is_no_error(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """Rich, which draws the pictures, would end the program in its own way."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as broken:
        monkeypatch.setattr(sys, "stdout", broken)
        assert main(["doctor", "--list"]) == 141

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "command"),
    [(["--help"], "voicectl"), (["doctor", "--list"], "voicectl doctor"), (["init", "--json"], "voicectl init")],
)
def test_a_full_disk_is_one_line(
    arguments: list[str], command: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """`voicectl x > /on/a/full/disk`: exit 1, for the result is lost, and no second try at Python's end."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(arguments) == 1

    assert capsys.readouterr().err.startswith(f"E406 {command}: cannot write (No space left on device). Fix: ")


@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_a_conversation_that_nobody_hears_spoils_no_result(where: str) -> None:
    """The result and the exit code are what they always are; only a fresh interpreter has no stderr."""
    codes = "print(m.main(['doctor', '--list']), m.main(['plan', '--config', 'no.toml']))"
    program = f"import voicectl.__main__ as m; {codes}"

    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -c "$1" {where}', sys.executable, program],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("os.supported")
    assert done.stdout.endswith("\n0 2\n")


def test_nobody_is_there_where_stdin_is_closed(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """7: `voicectl stop <&-` asks nobody."""
    monkeypatch.setattr(sys, "stdin", None)

    assert main(["deploy", "--config", "no.toml"]) == 2
    assert not is_interactive()
    sys.stdin.close()
    assert capsys.readouterr().err.startswith("E102")


def test_closed_stdout_is_no_error(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """`voicectl x >&-` works; Python then has no stdout at all."""
    monkeypatch.setattr(sys, "stdout", None)

    assert main(["--help"]) == 0
    sys.stdout.close()
    assert capsys.readouterr().err == ""


def test_unprintable_results_do_not_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """A folder whose name is no UTF-8 is printed escaped."""
    folder = tmp_path / "a\udcffb"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "voicectl.toml").mkdir()
    monkeypatch.setenv("VOICECTL_CONFIG", str(folder / "voicectl.toml"))

    assert main(["doctor", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["where"].endswith("a\udcffb/voicectl.toml")


def test_module_is_runnable(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """`python -m voicectl` is `voicectl`."""
    monkeypatch.setattr(sys, "argv", ["voicectl", "--version"])
    monkeypatch.delitem(sys.modules, "voicectl.__main__")

    with pytest.raises(SystemExit) as done:
        runpy.run_module("voicectl", run_name="__main__")

    assert done.value.code == 0
    assert capsys.readouterr().out.startswith("voicectl 0.")


def test_help_imports_nothing_heavy() -> None:
    """The 150 ms of every `--help` are kept by what it does not import; only a fresh interpreter can tell."""
    heavy = [
        *("pydantic", "rich", "ansible_runner", "jinja2", "pynvml", "docker", "httpx", "sqlite3", "tomllib", "asyncio"),
        *("ssl", "voicectl.catalogue", "voicectl.config", "voicectl.doctor", "voicectl.hardware", "voicectl.models"),
        *("voicectl.paths", "voicectl.phases", "voicectl.planner", "voicectl.render", "voicectl.runner"),
    ]
    asked = ["-h", *NAMES]
    code = f"""
import sys
from voicectl.__main__ import main
for argument in {asked}:
    main([argument, "-h"])
    print(argument, {{*{heavy}}} & {{*sys.modules}}, file=sys.stderr)
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.splitlines() == [f"{argument} set()" for argument in asked]
