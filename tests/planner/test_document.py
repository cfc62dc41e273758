"""The plan file: whole or not at all, and never trusted blindly."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.machines.machine import machine
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.errors import MachineError, StalePlanError
from voicectl.planner.document import plan_path, read_plan, write_plan
from voicectl.planner.plan import Plan, make_plan


@pytest.fixture
def plan() -> Plan:
    return make_plan(parse_config(""), machine("bare_vm"), load_models())


def test_a_written_plan_reads_back(plan: Plan, tmp_path: Path) -> None:
    """Nothing is lost, and no draft stays behind."""
    write_plan(plan, tmp_path / "voicectl.plan.json")

    assert read_plan(tmp_path / "voicectl.plan.json") == plan
    assert [path.name for path in tmp_path.iterdir()] == ["voicectl.plan.json"]


def test_a_plan_that_cannot_be_written_leaves_the_old_one(plan: Plan, tmp_path: Path) -> None:
    """The place is named, and what was there is untouched."""
    target = tmp_path / "old"
    target.mkdir()

    with pytest.raises(MachineError, match=r"E416 .*old: the plan cannot be written .*--out"):
        write_plan(plan, target)
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(MachineError, match="E416"):
        write_plan(plan, tmp_path / "nowhere" / "plan.json")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"schema": "voicectl.plan/0"}', '{"schema": "voicectl.plan/1"}', "[" * 100_000, "\udcff"],
)
def test_what_is_no_plan_is_refused(text: str, tmp_path: Path) -> None:
    """Exit 6 with one line, whatever the file holds."""
    path = tmp_path / "voicectl.plan.json"
    path.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(StalePlanError, match=r"E415 .*voicectl\.plan\.json.* run `voicectl plan`") as refused:
        read_plan(path)
    assert refused.value.exit_code == 6


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("profile", "cloud", "plan.profile"),
        ("calls", "4", "plan.calls"),
        ("threads", {"stt": 2}, "plan.threads"),
        ("components", [{"service": 1}], r"plan.components\[0\]"),
        ("extra", 1, "extra"),
    ],
)
def test_an_edited_plan_is_refused_with_the_place(
    key: str, value: object, place: str, plan: Plan, write: Callable[[str, str], Path]
) -> None:
    """A plan is made by `voicectl plan`; what somebody typed into it is named."""
    path = write("voicectl.plan.json", "")
    write_plan(plan, path)
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), key: value}), encoding="utf-8")

    with pytest.raises(StalePlanError, match=place):
        read_plan(path)


def test_the_plan_lies_beside_the_configuration() -> None:
    """So that plan and deploy find the same one."""
    assert plan_path(Path("/etc/voicectl/voicectl.toml")) == Path("/etc/voicectl/voicectl.plan.json")
    assert plan_path(None) == Path("voicectl.plan.json")
