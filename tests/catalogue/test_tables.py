"""The tables that a plan is made from: whole, each row with a source, and broken ones refused by name."""

from dataclasses import asdict
from pathlib import Path

import pytest

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.catalogue.gpu import CatalogueGpu
from voicectl.catalogue.gpu_names import find_gpu, instead_of
from voicectl.catalogue.language_model import LanguageModel
from voicectl.catalogue.models import CatalogueError, load_models
from voicectl.catalogue.provenance import weakest
from voicectl.catalogue.rows import load_rows

WORLD = load_catalogue()
GPU = """
[[row]]
id = "x"
name = "X"
vram_mib = 1
reserved_mib = 1
bandwidth_gb_s = 1
tflops_fp16 = 1
compute_capability = "8.0"
kind = "consumer"
watts = 1
price = 1
source = "here"
"""


def test_every_row_names_its_source() -> None:
    """A figure without a source is a rumour."""
    tables = (WORLD.language_models, WORLD.speech_models, WORLD.voices, WORLD.gpus, WORLD.licences)

    assert all(row.source for table in tables for row in table.values())
    assert all(asdict(WORLD.prices)[part]["source"] for part in asdict(WORLD.prices))


@pytest.mark.parametrize(
    ("table", "ids"),
    [
        ("speech_models", "whisper-tiny.en whisper-small distil-large-v3 whisper-large-v3-turbo"),
        ("language_models", "qwen2.5-0.5b-instruct qwen2.5-32b-instruct llama3-8b-instruct phi3-mini-instruct"),
        ("voices", "xtts-v2 vits fastspeech2 piper-en_US-joe-medium kokoro-82m espeak-ng"),
        ("gpus", "t4 rtx-3060 l4 rtx-4090 a100-40 a100-80 h100"),
    ],
)
def test_what_the_issue_names_is_there(table: str, ids: str) -> None:
    """From tiny to large, and the cards that people ask about."""
    assert set(ids.split()) <= set(getattr(WORLD, table))


def test_what_is_fetched_has_a_shape() -> None:
    """A model with bytes but without an architecture could not be planned with."""
    kinds = {"llm": WORLD.language_models, "stt": WORLD.speech_models, "tts": WORLD.voices}

    assert all(model.id in kinds[model.kind] for model in load_models().values() if model.kind in kinds)


def test_seed_figures_are_labelled_and_kept_apart() -> None:
    """They are shown beside the plan's own; the field that holds them says whose they are."""
    tiny, card = WORLD.speech_models["whisper-tiny.en"], WORLD.gpus["rtx-4090"]

    assert tiny.seed is not None
    assert (tiny.seed.accuracy_percent, tiny.seed.latency_ms) == (72, 85)
    assert card.seed is not None
    assert (card.seed.stt_ms, card.seed.llm_ms, card.seed.tts_ms, card.seed.calls) == (170, 361, 84, 12)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("NVIDIA GeForce RTX 4090", "rtx-4090"),
        ("rtx4090", "rtx-4090"),
        ("Tesla T4", "t4"),
        ("NVIDIA A100-SXM4-80GB", "a100-80"),
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("H100 PCIe", "h100-pcie"),
        ("RTX 4091", None),
        ("", None),
    ],
)
def test_cards_are_found_by_any_name(name: str, row: str | None) -> None:
    """As NVML says it, or as a person types it."""
    found = find_gpu(name, WORLD.gpus)

    assert (found.id if found else None) == row


def test_ollama_tags_carry_the_quantisation() -> None:
    """A short tag is another quantisation than one thinks."""
    assert WORLD.language_models["qwen2.5-7b-instruct"].tag_at("q4_k_m") == "qwen2.5:7b-instruct-q4_K_M"
    assert WORLD.language_models["llama3-8b-instruct"].tag_at("f16") == "llama3:8b-instruct-fp16"


def test_a_sum_is_as_good_as_its_weakest_part() -> None:
    """One assumption among measurements is an assumption."""
    assert weakest(("measured", "assumed", "table")) == "assumed"
    assert weakest(("measured", "table")) == "table"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('kind = "consumer"', 'kind = "toy"'), "x.kind"),
        (("watts = 1", 'watts = "1"'), "x.watts"),
        (("watts = 1", ""), "watts"),
        (("watts = 1", "watts = 1\nsurprise = 2"), "surprise"),
        (("watts = 1", "watts ="), "gpus.toml"),
    ],
)
def test_broken_row_is_refused(
    change: tuple[str, str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the file, the row and the key."""
    (tmp_path / "gpus.toml").write_text(GPU.replace(*change), encoding="utf-8")
    monkeypatch.setattr("voicectl.catalogue.rows.CATALOGUE", tmp_path)

    with pytest.raises(CatalogueError, match=says):
        load_rows(CatalogueGpu, "gpus")


def test_row_stands_only_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second would hide the first."""
    (tmp_path / "gpus.toml").write_text(GPU + GPU, encoding="utf-8")
    monkeypatch.setattr("voicectl.catalogue.rows.CATALOGUE", tmp_path)

    with pytest.raises(CatalogueError, match="stands twice"):
        load_rows(CatalogueGpu, "gpus")


def test_rows_may_leave_out_what_is_usual() -> None:
    """A row says what is peculiar to it."""
    rows = load_rows(LanguageModel, "language_models")

    assert rows["qwen2.5-7b-instruct"].tied is False
    assert rows["qwen2.5-7b-instruct"].speed == ()


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("rtx4090", "rtx-4090"),
        ("RTX 4090 24GB", "rtx-4090"),
        ("T4 16GB", "t4"),
        ("H100 80 GB", "h100"),
        ("L40s", "l40s"),
        ("1080ti", "gtx-1080-ti"),
        ("NVIDIA A100 80GB PCIe", "a100-80-pcie"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "rtx-4090-laptop"),
        ("H100 SXM5 80GB", "h100"),
    ],
)
def test_a_card_is_known_as_shops_and_people_write_it(name: str, row: str) -> None:
    """With or without maker, spaces and memory."""
    found = find_gpu(name, WORLD.gpus)
    assert found is not None
    assert found.id == row


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("RTX 6090", "did you mean RTX 5090 or RTX 4090"),
        ("RTX 4090 48GB", "did you mean RTX 4090?"),
        ("A100", "did you mean A100 40GB or A100 80GB"),
        ("2x 4090", 'add --gpu "RTX 4090" --gpus 2'),
        ("MI300X", "name a card of NVIDIA's"),
        ("Jetson Orin", "no packages for ARM processors"),
        ("GH200", "no packages for ARM processors"),
        ("TPU v5e", "name a card of NVIDIA's"),
        ("RTX 4090 x 2", 'add --gpu "RTX 4090" --gpus 2'),
        ("rtx 4060 ti", "did you mean RTX 4060 Ti 16GB or RTX 4060 Ti 8GB?"),
        ("A" * 100_000, "use one of: Tesla T4"),
        ("", "use one of: Tesla T4"),
    ],
)
def test_a_card_that_is_not_known_is_answered_with_what_to_do(name: str, says: str) -> None:
    """The nearest names, another maker's card, a board; never another card in its place."""
    assert find_gpu(name, WORLD.gpus) is None
    assert says in instead_of(name, WORLD.gpus)
