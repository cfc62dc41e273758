"""`voicectl plan` as a person and as a program meet it."""

import json
import sys
from collections.abc import Callable
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from tests.machines.machine import machine
from voicectl.__main__ import main
from voicectl.catalogue.catalogue import load_catalogue
from voicectl.catalogue.models import load_models
from voicectl.cli.plan_picture import picture_of_plan
from voicectl.config.load import parse_config
from voicectl.planner.cards import imagine
from voicectl.planner.document import read_plan
from voicectl.planner.plan import make_plan
from voicectl.planner.wishes import Wishes

RunPlan = Callable[..., int]


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RunPlan:
    """Run the command on a recorded machine, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def _run(name: str, *arguments: str) -> int:
        monkeypatch.setattr("voicectl.hardware.gather.facts_to_plan", lambda *_: machine(name))
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


@pytest.mark.parametrize("name", ["bare_vm", "gpu_box"])
def test_the_engines_fit_into_an_ordinary_terminal(
    plan: RunPlan, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Eighty columns, every model whole, and where its memory lies."""
    assert plan(name) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if "-service  " in line]

    assert len(lines) >= 2
    assert all(len(line) <= 80 for line in lines)
    assert all(line.endswith("VRAM" if name == "gpu_box" else "RAM") for line in lines)


@pytest.mark.parametrize("card", ["rtx-4090", "a100-80-pcie"])
def test_the_widest_rows_fit_into_an_ordinary_terminal(card: str) -> None:
    """The longest names and their figures stand on one line; what is longer goes on below its own column."""
    facts = imagine(machine("gpu_box"), load_catalogue().gpus[card], 1)
    wishes = Wishes("gpu", stt="whisper-large-v3-turbo", llm="llama3.1-8b-instruct")
    decided = make_plan(parse_config(""), facts, load_models(), wishes=wishes)
    shown = StringIO()
    Console(width=80, file=shown).print(picture_of_plan(decided, None, explain=True))
    lines = shown.getvalue().splitlines()

    assert "memory, MiB" in lines[2]
    assert all(line.endswith(("VRAM", "RAM")) for line in lines[3:8])
    assert sum("░" in line for line in lines) == 1
    tables = lines[lines.index("Engines, MiB") : lines.index("Licences") + 12]
    assert all(line.startswith("  ") for before, line in pairwise(tables) if before and line)


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


def test_cost_is_shown_and_drawn(plan: RunPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The break-even with its arithmetic, the seed's table put right, and a picture."""
    assert plan("gpu_box", "--cost", "--kwh", "0", "--hardware", "1800", "--svg", "cost.svg") == 0
    out = capsys.readouterr().out
    assert "(1,800 + 1 x (360 upkeep + 0 power)) / (0.024 a minute x 12 months) = 7,500 minutes a month" in out
    assert "right for 10,000 minutes a month, not a year" in out
    assert (tmp_path / "cost.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert plan("gpu_box", "--cost", "--svg", "nowhere/cost.svg", "--json") == 3


def test_nothing_is_waited_for_that_is_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file of facts needs no look at this machine, and neither JSON nor a refusal the tables of the screen."""
    monkeypatch.chdir(tmp_path)
    for unasked in ("voicectl.hardware.gather", "voicectl.cli.plan_picture"):
        monkeypatch.setitem(sys.modules, unasked, None)
    facts = str(Path(__file__).parent.parent / "machines" / "gpu_box.json")

    assert main(["plan", "--facts", facts, "--json"]) == 0
    assert main(["plan", "--facts", facts, "--profile", "gpu", "--calls", "20"]) == 11


def test_plans_for_other_hardware(plan: RunPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A machine from a file, with cards that nobody owns; a name that is none is answered with the list."""
    facts = str(Path(__file__).parent.parent / "machines" / "gpu_box.json")
    assert plan("bare_vm", "--facts", facts, "--gpu", "RTX 4090", "--gpus", "2", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [card["total_mib"] for card in document["vram"]] == [24_564, 24_564]
    assert not (tmp_path / "voicectl.plan.json").exists()
    assert plan("bare_vm", "--facts", facts, "--out", "other.json") == 0
    assert read_plan(tmp_path / "other.json").profile == "gpu"
    assert plan("bare_vm", "--gpu", "RTX 9000") == 2
    assert "E125 --gpu: " in capsys.readouterr().err


def test_json_has_what_was_promised(plan: RunPlan, capsys: pytest.CaptureFixture[str]) -> None:
    """The keys of issue and README, with the same names every time."""
    assert plan("gpu_box", "--json", "--cost") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["feasible"] is True
    assert document["calls"] == {"asked": 4, "max": 13}
    assert document["binding_constraint"] == "vram"
    assert set(document["components"][0]) >= {
        "service", "engine", "model", "precision", "device", "vram_mib", "ram_mib", "basis",
    }  # fmt: skip
    assert set(document["vram"][0]) >= {"total_mib", "used_mib", "headroom_mib", "terms"}
    assert set(document["vram"][0]["terms"][0]) >= {"formula", "basis", "low_mib", "high_mib"}
    assert set(document["latency_ms"]) >= {"endpoint", "recognise", "answer", "speech", "wire", "voice_to_voice"}
    assert {"rtp_ports", "settings", "start_order", "licences", "rejected"} <= set(document)
    assert document["cost"]["break_even"][0]["minutes_a_month"]


def test_what_is_refused_comes_with_offers(plan: RunPlan, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 11: not feasible, what bound it, and the nearest plans, for a program too; the names are a plan's."""
    assert plan("gpu_box", "--profile", "gpu", "--calls", "20", "--json") == 11
    document = json.loads(capsys.readouterr().out)
    assert (document["feasible"], document["binding_constraint"]) == (False, "vram")
    assert document["calls"] == {"asked": 20, "max": 13}
    assert document["profile"] == "gpu"
    assert (document["limits"][0]["constraint"], document["limits"][0]["calls"]) == ("vram", 13)
    assert [one["what"] for one in document["rejected"]] == ["profile embedded", "profile cpu"]
    assert document["offers"][0] == {
        "kind": "fewer calls", "what": "13 calls with the same engines", "option": "--calls 13", "calls": 13,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "asked", "bound_by"),
    [("bare_vm --profile gpu", 4, "vram"), ("gpu_box --commercial --calls 2", 2, "licence"), ("tiny", 4, "ram")],
)
def test_every_refusal_says_how_many_calls(
    plan: RunPlan, capsys: pytest.CaptureFixture[str], words: str, asked: int, bound_by: str
) -> None:
    """None where there is no card, a licence forbids it, or memory is too small even for one."""
    assert plan(*words.split(), "--json") == 11
    document = json.loads(capsys.readouterr().out)
    assert (document["calls"], document["binding_constraint"]) == ({"asked": asked, "max": 0}, bound_by)


def test_every_term_can_be_explained(plan: RunPlan, capsys: pytest.CaptureFixture[str]) -> None:
    """Formulas, ranges, the seed's claims and why they do not add up, and what could give way."""
    assert plan("gpu_box", "--explain") == 0
    out = capsys.readouterr().out
    assert "F3: 2 x 28 layers x 4 heads x 128 x 2 B x 4096 tokens x 4 answers" in out
    assert "they add up to 615: 280 ms would have to overlap" in out
    assert "LLAMA_ARG_FIT_TARGET" in out
    assert "tokens a second instead of" in out


def test_a_probe_needs_an_agent(plan: RunPlan, write: Callable[[str, str], Path], tmp_path: Path) -> None:
    """Without one the command says what to do first."""
    config = write("voicectl.toml", f'deploy.prefix = "{tmp_path}/p"\n')
    assert plan("bare_vm", "--config", str(config), "--probe", "--json") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--gpus 2", "E126 --gpus: "),
        ("--probe --gpu T4", "E114 voicectl plan: --probe and --gpu exclude each other"),
        ("--probe --facts x.json", "E114 voicectl plan: --probe and --facts exclude each other"),
        ("--profile embedded --llm qwen2.5-7b-instruct", "E127 --llm: "),
        ("--svg /dev/null", "E416 /dev/null: "),
        ("--out /dev/null", "E416 /dev/null: "),
        ("--gpu A100", "did you mean A100 40GB or A100 80GB or A100 80GB PCIe?"),
        ("--gpu Radeon", "E125 --gpu: the catalogue knows no card 'Radeon'. Fix: name a card of NVIDIA's"),
        ("--gpu Jetson", "have no packages for ARM"),
        ("--profile cpu --llm qwen2.5-32b-instruct", "than the 0 that llm-tok/s allows"),
    ],
)
def test_what_makes_no_sense_is_refused(
    plan: RunPlan, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str, says: str
) -> None:
    """Never carried out by half, and no device is replaced by a file."""
    assert plan("gpu_box", *words.split()) != 0
    assert says in capsys.readouterr().err
    assert not Path("/dev/null").is_file()
    assert not (tmp_path / "voicectl.plan.json").exists()


def test_a_card_of_nobodys_is_in_a_machine_of_nobodys(plan: RunPlan, capsys: pytest.CaptureFixture[str]) -> None:
    """The two cores of the machine at hand bound no card; a machine from a file is taken as it is."""
    facts = str(Path(__file__).parent.parent / "machines" / "bare_vm.json")
    assert plan("bare_vm", "--gpu", "RTX 4090", "--json") == 0
    found = capsys.readouterr()
    assert (json.loads(found.out)["calls"]["max"], json.loads(found.out)["binding_constraint"]) == (13, "vram")
    assert "A machine of 8 cores" in found.err
    assert plan("bare_vm", "--facts", facts, "--gpu", "RTX 4090", "--json") == 11


def test_a_card_that_is_named_is_asked_about(plan: RunPlan, capsys: pytest.CaptureFixture[str]) -> None:
    """What it carries is the answer, not what the processor would do without it."""
    assert plan("bare_vm", "--gpu", "T4", "--calls", "8", "--json") == 11
    refused = json.loads(capsys.readouterr().out)
    assert refused["binding_constraint"] == "vram"
    assert {"another voice", "another card"} <= {offer["kind"] for offer in refused["offers"]}
    assert plan("bare_vm", "--gpu", "T4", "--profile", "embedded", "--json") == 0


def test_what_a_machine_says_of_itself_cannot_steer_the_terminal(
    plan: RunPlan, write: Callable[[str, str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A driver's complaint, a card that is silent, a hub's answer: from a file, anybody's words."""
    facts = machine("gpu_box").to_dict()
    gpus: dict[str, object] = dict(facts["gpus"])  # type: ignore[call-overload]
    for changed in (
        {"state": "error", "cards": [], "problem": "\x1b[2J\nbad"},
        {"silent": [{"index": 1, "problem": "\x1b[2J"}]},
    ):
        path = write("facts.json", json.dumps({**facts, "gpus": {**gpus, **changed}}))
        assert plan("bare_vm", "--facts", str(path)) == 0
        out = capsys.readouterr().out
        assert "\x1b" not in out
        assert "\\x1b[2J" in out


def test_the_full_tag_of_the_model_is_named(plan: RunPlan, capsys: pytest.CaptureFixture[str]) -> None:
    """Quantisation included: what Ollama gives for the short name is another file."""
    assert plan("gpu_box", "--explain", "--llm", "qwen2.5-7b-instruct@q8_0") == 0
    assert "qwen2.5:7b-instruct-q8_0" in capsys.readouterr().out


def test_what_only_cost_needs_means_cost(plan: RunPlan, capsys: pytest.CaptureFixture[str]) -> None:
    """`--minutes` alone is no wish that nobody hears."""
    assert plan("gpu_box", "--minutes", "500", "--json") == 0
    assert json.loads(capsys.readouterr().out)["cost"]["break_even"]
