"""`voicectl models`, without a network."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.machines.machine import machine
from voicectl.__main__ import main
from voicectl.catalogue.models import Model, ModelFile, load_models
from voicectl.cli.model_progress import Heartbeat
from voicectl.config.load import parse_config
from voicectl.errors import MachineError
from voicectl.models.needed import needed_models
from voicectl.planner.components import Component
from voicectl.planner.document import write_plan
from voicectl.planner.plan import Plan, make_plan

VAD = "silero-vad-v6"
Run = Callable[..., tuple[int, dict[str, Any]]]


def plan_with(*ids: str) -> Plan:
    engines = tuple(Component("orchestrator", "onnxruntime", one, "int8", "cpu", 1, "assumed") for one in ids)
    return replace(make_plan(parse_config(""), machine("bare_vm"), load_models()), components=engines)


@pytest.fixture
def carried(tmp_path: Path) -> Path:
    return tmp_path / "carried"


@pytest.fixture
def prefix() -> Iterator[Path]:
    """A short path, as a prefix must be; the test runner's own folders are too long for a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="vc") as folder:
        yield Path(folder)


@pytest.fixture
def run(
    prefix: Path,
    write: Callable[[str, str], Path],
    carried: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Run `voicectl models` for a plan that needs one small model, which a folder carries."""
    file = ModelFile("vad.onnx", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    small = Model(VAD, "vad", "onnxruntime", "Small", "MIT", "", (file,), ())
    other = Model("other", "stt", "e", "Other", "MIT", "", (file,), ())
    monkeypatch.setattr("voicectl.catalogue.models.load_models", lambda: {VAD: small, "other": other})
    config = write("voicectl.toml", f'[deploy]\nprefix = "{prefix}"\nmodels_folder = "{carried}"\n')
    write_plan(plan_with(VAD), config.with_name("voicectl.plan.json"))
    write(f"carried/{VAD}/vad.onnx", "abc")

    def go(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = main(["models", *arguments, "--config", str(config), "--json"])
        return code, json.loads(capsys.readouterr().out)

    return go


def test_list_shows_every_model_and_its_state(run: Run) -> None:
    """Nothing is here yet; listing that is no failure."""
    code, document = run()

    assert code == 0
    assert document["schema"] == "voicectl.models/1"
    assert [(row["id"], row["needed"], row["state"]) for row in document["models"]] == [
        (VAD, True, "missing"),
        ("other", False, "missing"),
    ]


def test_fetch_brings_what_the_plan_needs(run: Run, prefix: Path) -> None:
    """And nothing else; a second run brings nothing."""
    code, document = run("fetch")

    assert (code, document["ok"], document["fetched"]) == (0, True, [VAD])
    assert (prefix / "store" / "models" / VAD / "vad.onnx").read_text() == "abc"
    assert run("fetch")[1]["fetched"] == []


def test_verify_finds_what_was_damaged(run: Run, prefix: Path) -> None:
    """Exit 1 and the file's name, for a flipped bit that leaves the length as it was."""
    run("fetch")
    assert run("verify")[0] == 0
    (prefix / "store" / "models" / VAD / "vad.onnx").write_text("abd")

    code, document = run("verify")

    assert (code, document["ok"]) == (1, False)
    assert document["models"][0]["files"][0] == {
        "name": "vad.onnx",
        "bytes": 3,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "state": "corrupt",
    }


def test_model_without_a_source_is_one_document(run: Run) -> None:
    """A failed fetch still prints exactly one document, with the error."""
    code, document = run("fetch", "--all")

    assert (code, document["ok"], document["error"]["code"]) == (3, False, "E441")


def test_unknown_model_gets_the_nearest_name(run: Run) -> None:
    """A slip of the keyboard is a usage error."""
    code, document = run("fetch", "silero-vad")

    assert (code, document["error"]["fix"]) == (2, f"did you mean {VAD}?")


def test_plan_of_another_version_is_refused_by_name() -> None:
    """A plan may name a model that this catalogue does not know."""
    with pytest.raises(MachineError, match="xtts-v2"):
        needed_models(plan_with("xtts-v2"), load_models())


def test_plan_needs_each_model_once() -> None:
    """Two engines may share a model."""
    assert [model.id for model in needed_models(plan_with(VAD, VAD), load_models())] == [VAD]


def test_log_is_not_flooded() -> None:
    """The first piece, one line every five seconds, and the last piece."""
    said: list[str] = []
    clock = iter(range(100))
    beat = Heartbeat(said.append, lambda: next(clock) / 2)

    for done in range(21):
        beat.progress("model", done * 1_000_000, 20_000_000)

    assert said[0] == "model: 0 of 20 MB"
    assert said[-1] == "model: 20 of 20 MB"
    assert len(said) <= 5
