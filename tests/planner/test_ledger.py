"""The memory of a card: log lines reproduced, the published ceiling, and that nothing more ever costs less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.catalogue.language_model import LanguageModel, LanguagePrecision
from voicectl.catalogue.speech_model import SpeechPrecision
from voicectl.planner.language_memory import KvPrecision, compute_mib, kv_mib, kv_token_bytes
from voicectl.planner.ledger import (
    Hearing,
    Speaking,
    Term,
    Voicing,
    engine_terms,
    reserve_term,
    total_mib,
)
from voicectl.planner.speech_memory import recogniser_mib

WORLD = load_catalogue()
PRECISIONS: tuple[LanguagePrecision, ...] = ("q4_k_m", "q5_k_m", "q8_0", "f16")
LANGUAGE_MODELS: st.SearchStrategy[LanguageModel] = st.sampled_from(list(WORLD.language_models.values()))
TURBO = Hearing(WORLD.speech_models["whisper-large-v3-turbo"], "int8_float16")
XTTS = WORLD.voices["xtts-v2"]
# The published table was reckoned with one reserve of the driver for every card, the T4's.
DRIVER_MIB = 266


def speaking(name: str, tokens: int = 4096, parallel: int = 1, precision: LanguagePrecision = "q4_k_m") -> Speaking:
    return Speaking(WORLD.language_models[name], precision, tokens, parallel)


def needed(name: str, calls: int) -> int:
    engines = (speaking(name, parallel=calls), TURBO, Voicing(XTTS, calls))
    return total_mib((*(term for one in engines for term in engine_terms(one)), reserve_term()))


def most_calls(name: str, vram_mib: int) -> int:
    return next((calls for calls in range(64) if needed(name, calls + 1) > vram_mib), 64)


@pytest.mark.parametrize(
    ("name", "tokens", "mib"),
    [("qwen2.5-7b-instruct", 2048, 112), ("qwen2.5-7b-instruct", 4096, 224), ("qwen2.5-3b-instruct", 4096, 144)],
)
def test_keys_and_values_are_those_of_the_log(name: str, tokens: int, mib: float) -> None:
    """llama.cpp's own lines."""
    assert kv_mib(WORLD.language_models[name], tokens) == mib


@pytest.mark.parametrize(("name", "mib"), [("qwen2.5-3b-instruct", 300.75), ("qwen2.5-7b-instruct", 304.0)])
def test_compute_buffers_are_those_of_the_log(name: str, mib: float) -> None:
    """With a batch of 512."""
    assert compute_mib(WORLD.language_models[name]) == mib


def test_phi_is_a_trap() -> None:
    """Without grouped heads its keys and values cost seven times those of Qwen 2.5 7B."""
    phi, qwen = (kv_token_bytes(WORLD.language_models[one]) for one in ("phi3-mini-instruct", "qwen2.5-7b-instruct"))

    assert (phi, qwen) == (393_216, 57_344)
    assert kv_token_bytes(WORLD.language_models["qwen2.5-7b-instruct"], "q8_0") == 30_464


@pytest.mark.parametrize(
    ("name", "precision", "mib", "basis"),
    [
        ("whisper-large-v3", "float16", 4521, "table"),
        ("distil-large-v3", "int8_float16", 1481, "table"),
        ("whisper-small", "float16", 1158, "table"),
        ("whisper-tiny.en", "float16", 565, "fitted"),
        ("whisper-base", "int8_float16", 637, "fitted"),
        ("whisper-medium", "float16", 2624, "fitted"),
    ],
)
def test_recognisers_agree_with_the_readings(name: str, precision: SpeechPrecision, mib: int, basis: str) -> None:
    """A reading wins over the fit, and says which of them it is."""
    found, why = recogniser_mib(WORLD.speech_models[name], precision)

    assert found == pytest.approx(mib, abs=1)
    assert why == basis


@pytest.mark.parametrize(
    ("card", "calls"),
    [
        ("t4", (8, 4, 4, 0)),
        ("rtx-3060", (4, 4, 1, 0)),
        ("l4", (17, 13, 8, 5)),
        ("a10", (17, 13, 8, 5)),
        ("rtx-4090", (17, 13, 11, 7)),
        ("l40s", (40, 35, 26, 21)),
        ("a100-40", (35, 31, 23, 17)),
        ("a100-80", (64, 64, 54, 44)),
        ("h100", (64, 64, 54, 44)),
    ],
)
def test_the_published_ceiling_is_reproduced(card: str, calls: tuple[int, ...]) -> None:
    """Cell for cell: what memory alone would carry."""
    names = ("qwen2.5-3b", "qwen2.5-7b", "llama3.1-8b", "qwen2.5-14b")
    visible_mib = WORLD.gpus[card].vram_mib - DRIVER_MIB

    assert tuple(most_calls(f"{name}-instruct", visible_mib) for name in names) == calls


def test_every_process_has_its_context() -> None:
    """One CUDA context for each XTTS worker, none beside a recogniser whose reading holds it."""
    terms = engine_terms(Voicing(XTTS, 14))

    assert [term.what for term in terms] == ["4 workers of xtts-v2", "CUDA context of 4 processes"]
    assert len(engine_terms(TURBO)) == 1


@given(LANGUAGE_MODELS, st.sampled_from(PRECISIONS[:3]), st.integers(256, 65_536), st.integers(1, 64), st.data())
def test_nothing_more_costs_less(
    model: LanguageModel, precision: LanguagePrecision, tokens: int, parallel: int, data: st.DataObject
) -> None:
    """More context, more calls, more bits of weights, keys or values: never fewer mebibytes."""
    name = model.id
    base = total_mib(engine_terms(speaking(name, tokens, parallel, precision)))
    bits = PRECISIONS[data.draw(st.integers(PRECISIONS.index(precision), 3))]
    quantised: KvPrecision = data.draw(st.sampled_from(("q8_0", "q4_0")))

    assert total_mib(engine_terms(speaking(name, tokens + 256, parallel, precision))) >= base
    assert total_mib(engine_terms(speaking(name, tokens, parallel + 1, precision))) >= base
    assert total_mib(engine_terms(speaking(name, tokens, parallel, bits))) >= base
    cheaper = Speaking(WORLD.language_models[name], precision, tokens, parallel, quantised)
    assert total_mib(engine_terms(cheaper)) <= base


@given(LANGUAGE_MODELS, st.sampled_from(PRECISIONS), st.integers(1, 40))
def test_ranges_hold_the_figure(model: LanguageModel, precision: LanguagePrecision, calls: int) -> None:
    """And every term says where it comes from."""
    name = model.id
    terms: list[Term] = [
        *engine_terms(speaking(name, parallel=calls, precision=precision)),
        *engine_terms(TURBO),
        *engine_terms(Voicing(XTTS, calls)),
    ]
    for term in terms:
        assert 0 <= term.low_mib <= term.mib <= term.high_mib
        assert term.formula
