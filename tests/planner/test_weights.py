"""Weights against every published figure, and against the byte counts of files."""

import pytest

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.catalogue.language_model import LanguagePrecision
from voicectl.planner.weights import disk_bytes, weights_mib

MODELS = load_catalogue().language_models
PUBLISHED = [
    (model.id, precision, mib)
    for model in MODELS.values()
    for precision in model.precisions
    if (mib := getattr(model.weights_mib, precision, None))
]


@pytest.mark.parametrize(("name", "precision", "mib"), PUBLISHED, ids=str)
def test_weights_agree_with_the_published_table(name: str, precision: LanguagePrecision, mib: int) -> None:
    """Within half a per cent, every model at every precision."""
    assert weights_mib(MODELS[name], precision) == pytest.approx(mib, rel=0.005)


def test_the_whole_table_is_compared() -> None:
    """Eleven architectures, and every precision that the table has; the formula never checks itself."""
    assert len({name for name, _, _ in PUBLISHED}) >= 11
    assert len(PUBLISHED) >= 43


@pytest.mark.parametrize(
    ("name", "precision", "size"),
    [
        ("smollm2-135m-instruct", "q4_1", 98_362_432),
        ("qwen2.5-0.5b-instruct", "q4_k_m", 397_807_936),
        ("qwen2.5-14b-instruct", "q4_k_m", 8_988_111_584),
        ("qwen2.5-32b-instruct", "q4_k_m", 19_851_351_776),
        ("llama3-8b-instruct", "q4_0", 4_661_224_676),
        ("phi3-mini-instruct", "q4_0", 2_176_178_913),
    ],
)
def test_files_are_as_long_as_reckoned(name: str, precision: LanguagePrecision, size: int) -> None:
    """Published byte counts of whole files, their tokenizers included."""
    assert disk_bytes(MODELS[name], precision) == pytest.approx(size, rel=0.0005)


def test_the_log_line_of_the_server_is_reproduced() -> None:
    """Qwen 2.5 7B at Q4_K_M: 4168 MiB of CUDA buffer."""
    assert round(weights_mib(MODELS["qwen2.5-7b-instruct"], "q4_k_m")) == 4168
