"""`voicectl plan` as a person and as a program meet it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.machines.machine import machine
from voicectl.__main__ import main
from voicectl.planner.document import read_plan

RunPlan = Callable[..., int]


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RunPlan:
    """Run the command on a recorded machine, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def _run(name: str, *arguments: str) -> int:
        monkeypatch.setattr("voicectl.hardware.gather.gather_facts", lambda *_: machine(name))
        return main(["plan", *arguments])

    return _run


def test_a_plan_is_explained_and_written(plan: RunPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The profile, the reason, the engines, what was not taken, and the next command last."""
    assert plan("bare_vm") == 0
    out = capsys.readouterr().out
    assert "Profile embedded: there is no NVIDIA GPU" in out
    assert "whisper-tiny.en" in out
    assert "Not profile cpu:" in out
    assert out.splitlines()[-1] == "Next: voicectl deploy"
    assert read_plan(tmp_path / "voicectl.plan.json").profile == "embedded"


def test_the_document_is_the_file(plan: RunPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json` prints what was written; the same machine gives the same bytes again."""
    assert plan("bare_vm", "--json", "--profile", "cpu") == 0
    first = (tmp_path / "voicectl.plan.json").read_bytes()
    assert json.loads(capsys.readouterr().out) == json.loads(first)
    assert plan("bare_vm", "--profile", "cpu") == 0
    assert (tmp_path / "voicectl.plan.json").read_bytes() == first


def test_the_plan_lies_beside_the_named_configuration(
    plan: RunPlan, write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    """Or where `--out` says."""
    config = write("etc/my.toml", "calls.most = 2\n")
    assert plan("bare_vm", "--config", str(config)) == 0
    assert read_plan(tmp_path / "etc/voicectl.plan.json").calls.asked == 2
    assert plan("bare_vm", "--out", "mine.json") == 0
    assert read_plan(tmp_path / "mine.json").calls.asked == 4


def test_gpu_is_planned_and_its_limits_are_said(plan: RunPlan, capsys: pytest.CaptureFixture[str]) -> None:
    """Deploy cannot install it yet, and its voice is not for businesses: both stand in the plan."""
    assert plan("gpu_box") == 0
    out = capsys.readouterr().out
    assert "distil-large-v3" in out
    assert "cannot install the gpu profile yet" in out
    assert "forbids commercial use" in out
    assert "Next: voicectl plan --profile cpu" in out


@pytest.mark.parametrize(
    ("words", "code"), [("bare_vm --profile gpu", 11), ("tiny", 11), ("bare_vm --profile cloud", 2)]
)
def test_what_cannot_be_planned_is_one_line(
    plan: RunPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str, code: int
) -> None:
    """Exit 11 (or 2 for a slip), a document all the same, and no plan file."""
    assert plan(*words.split(), "--json") == code
    assert json.loads(capsys.readouterr().out)["ok"] is False
    assert not (tmp_path / "voicectl.plan.json").exists()
