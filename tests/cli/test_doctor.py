"""`voicectl doctor` as a person and as a program meet it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.machines.machine import machine
from voicectl.__main__ import main
from voicectl.doctor.examine import CHECKS
from voicectl.hardware.facts_file import read_facts

Doctor = Callable[..., int]


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Doctor:
    """Run the command on a recorded machine."""
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))

    def _run(name: str, *arguments: str) -> int:
        monkeypatch.setattr("voicectl.hardware.gather.gather_facts", lambda *_, **__: machine(name))
        return main(["doctor", *arguments])

    return _run


def test_an_ordinary_machine_passes(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, and the next command last."""
    assert doctor("bare_vm") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Nothing stands in the way. Next: voicectl plan"


def test_an_obstacle_exits_three_with_the_fix(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    """What is in the way, why it matters and which command shows more, without colour where nobody sees it."""
    assert doctor("office_pbx") == 3
    out = capsys.readouterr().out
    assert "udp 5060 is in use by asterisk (process 812)" in out
    assert "a phone that calls is answered by another program" in out
    assert "ps -p 812 -o pid,args" in out
    assert "In the way: port.sip, port.services" in out
    assert "\x1b" not in out


def test_json_holds_the_same(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    """One document, also when something is in the way."""
    assert doctor("tiny", "--json") == 3
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert document["schema"] == "voicectl.doctor/1"
    assert document["ok"] is False
    assert document["summary"]["fail"] == 3
    ram = next(one for one in document["findings"] if one["id"] == "ram")
    assert set(ram) == {"id", "group", "status", "blocking", "seen", "expected", "why", "fix"}
    assert set(ram["fix"]) == {"text", "commands"}


def test_an_obstacle_may_be_left_out(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    """`--skip` is how an operator says: I know."""
    assert doctor("office_pbx", "--skip", "port.sip", "--skip", "port.services") == 0
    assert "port.sip" not in capsys.readouterr().out

    assert doctor("office_pbx", "--only", "ram", "--only", "swap", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in document["findings"]] == ["ram", "swap"]


def test_list_names_every_check(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    """For people and for programs, without examining anything."""
    assert doctor("tiny", "--list") == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()] == [one.id for one in CHECKS]
    assert doctor("tiny", "--list", "--json") == 0
    assert [one["id"] for one in json.loads(capsys.readouterr().out)["checks"]] == [one.id for one in CHECKS]


def test_an_unknown_check_is_a_usage_error(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, one line, the nearest name, and the document as well."""
    assert doctor("bare_vm", "--only", "port.spi", "--json") == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert json.loads(captured.out)["error"]["fix"] == "did you mean port.sip?"


def test_facts_are_printed_and_read_back(doctor: Doctor, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What `--facts` prints is the whole machine, for `plan --facts`; obstacles are no reason not to print it."""
    assert doctor("tiny", "--facts") == 0
    printed = tmp_path / "facts.json"
    printed.write_text(capsys.readouterr().out, encoding="utf-8")

    assert read_facts(printed) == machine("tiny")


def test_what_is_not_here_takes_one_line(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    """A machine without a GPU is told so once, not once a check; the document still holds every finding."""
    assert doctor("bare_vm") == 0
    lines = capsys.readouterr().out.splitlines()

    after = lines[lines.index("gpu") + 1]
    assert "none; the chosen engines run on the processor" in after
    assert lines[lines.index("gpu") + 2] == "docker"


def test_a_case_is_written_and_examined_elsewhere(
    doctor: Doctor, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The exit code and the findings are those of the machine that the case came from."""
    path, config = tmp_path / "case.json", tmp_path / "voicectl.toml"
    config.write_text('deploy.prefix = "/nowhere/agent"', encoding="utf-8")
    assert doctor("tiny", "--bundle", str(path), "--config", str(config)) == 3
    assert f"Written to {path}" in capsys.readouterr().err

    assert doctor("bare_vm", "--replay", str(path), "--json") == 3
    document = json.loads(capsys.readouterr().out)
    assert document["summary"]["fail"] == 3


@pytest.mark.parametrize(
    "arguments", [("--host", "pbx", "--replay", "x"), ("--facts", "--bundle", "x"), ("--host", "a b;rm -rf")]
)
def test_options_that_cannot_be_meant_are_refused(
    doctor: Doctor, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    """Exit 2 and one line; nothing is executed and nothing written."""
    assert doctor("bare_vm", *arguments) == 2
    assert capsys.readouterr().err.startswith(("E105 --host", "E114 voicectl doctor"))


def test_the_site_checklist_needs_no_machine(doctor: Doctor, capsys: pytest.CaptureFixture[str]) -> None:
    """A page for paper, and a document; nothing is examined."""
    assert doctor("tiny", "--site-checklist") == 0
    assert "[ ]  1." in capsys.readouterr().out

    assert doctor("tiny", "--site-checklist", "--json") == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "voicectl.site-checklist/1"


def test_fixes_are_shown_before_anybody_is_asked(
    doctor: Doctor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is done where nobody can answer, nor by an ordinary user; a sound machine needs nothing."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert doctor("tiny", "--fix") == 2
    err = capsys.readouterr().err
    assert "  sysctl vm.swappiness=1\n" in err
    assert "E107 voicectl doctor --fix" in err

    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert doctor("tiny", "--fix", "--yes") == 3
    assert "E450" in capsys.readouterr().err

    assert doctor("bare_vm", "--fix") == 0
    assert "Nothing that can be fixed safely" in capsys.readouterr().err


def test_fixes_are_carried_out_and_the_machine_examined_again(
    doctor: Doctor, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report is of the machine as it is afterwards."""
    played: list[tuple[str, Any]] = []

    def play(_: object, playbook: str, variables: Any, work: Path) -> tuple[str, ...]:
        assert work.is_dir()
        played.append((playbook, variables["voicectl_kernel"]))
        monkeypatch.setattr("voicectl.hardware.gather.gather_facts", lambda *_, **__: machine("bare_vm"))
        return ()

    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("voicectl.runner.AnsiblePlayer.play", play)

    assert doctor("tiny", "--fix", "--yes") == 0
    assert played == [("fix.yml", {"vm.swappiness": "1"})]
    assert "Nothing stands in the way" in capsys.readouterr().out
