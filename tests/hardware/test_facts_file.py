"""A file of facts that a stranger sent: either exactly what was written, or one clear line."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.machines.anything import any_facts
from tests.machines.machine import FOLDER, machine
from voicectl.errors import PreflightError, UsageError, VoicectlError
from voicectl.hardware.facts import Facts, Gpus
from voicectl.hardware.facts_file import read_facts

Write = Callable[[str, str], Path]
WHOLE = (FOLDER / "gpu_box.json").read_text(encoding="utf-8")


def refusal(path: Path) -> VoicectlError:
    """The one error that reading gives."""
    with pytest.raises(VoicectlError) as refused:
        read_facts(path)
    assert "\n" not in str(refused.value)
    assert "Fix: " in str(refused.value)
    assert len(str(refused.value)) < 600
    return refused.value


def test_a_whole_file_is_the_machine(write: Write) -> None:
    """Nothing is lost, and nothing added."""
    assert read_facts(write("facts.json", WHOLE)) == machine("gpu_box")


def test_a_file_cut_at_any_byte_is_one_clear_error(write: Write) -> None:
    """A download that broke off is never half a machine."""
    text = json.dumps(json.loads(WHOLE), ensure_ascii=False)
    for length in range(len(text)):
        error = refusal(write("facts.json", text[:length]))
        assert error.code == "E402"
        assert "not a whole JSON document" in error.problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"schema": "voicectl.facts/1", "schema": "voicectl.facts/1"}', "a key stands twice: schema"),
        ("[" * 100_000, "maximum recursion depth"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": -Infinity}', "-Infinity is no number"),
        ('{"a": 1e999}', "too large"),
        ('{"a": ' + "9" * 5000 + "}", "too large"),
        ("{}", "not a voicectl.facts/1 document"),
        ('{"schema": "voicectl.facts/2"}', "not a voicectl.facts/1 document"),
        ('{"schema": "voicectl.facts/1", "cpu": {}}', "keys that do not fit"),
        ('{"schema": "\\u001b[31m"}', "not a voicectl.facts/1 document"),
    ],
)
def test_hostile_json_is_refused(write: Write, text: str, problem: str) -> None:
    """Nesting, numbers without end, keys that stand twice, other documents: one line each."""
    error = refusal(write("facts.json", text))

    assert isinstance(error, PreflightError)
    assert error.code == "E402"
    assert problem in error.problem


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_wrong_value_is_refused_with_its_place(data: st.DataObject, tmp_path: Path) -> None:
    """Whatever stands where another type belongs is named; long and strange values are not repeated in full."""
    document = json.loads(WHOLE)
    section = data.draw(st.sampled_from([name for name in document if name != "schema"]))
    key = data.draw(st.sampled_from(sorted(document[section])))
    document[section][key] = data.draw(st.sampled_from([{}, {"x\x1b[2J": "y" * 10_000}, [[[]]], [0.5]]))
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(document), encoding="utf-8")

    error = refusal(path)
    assert error.code == "E402"
    assert f"facts.{section}" in error.problem


def test_what_is_not_known_of_a_card_may_be_left_out(write: Write) -> None:
    """Whoever describes a machine by hand writes name, memory and capability; what is not known stays unknown."""
    document = json.loads(WHOLE)
    (card,) = document["gpus"]["cards"]
    needed = ("index", "name", "uuid", "vram_mib", "vram_used_mib", "compute_capability")
    document["gpus"]["cards"] = [{name: card[name] for name in needed}]
    gpus = read_facts(write("facts.json", json.dumps(document))).gpus

    assert isinstance(gpus, Gpus)
    assert (gpus.cards[0].vram_mib, gpus.cards[0].bandwidth_gb_s) == (card["vram_mib"], None)
    del document["gpus"]["cards"][0]["vram_mib"]
    assert "keys that do not fit: ['vram_mib']" in refusal(write("facts.json", json.dumps(document))).problem


def test_a_machine_without_a_core_is_refused(write: Write) -> None:
    """Planning divides by the cores."""
    error = refusal(write("facts.json", WHOLE.replace('"cores": 32', '"cores": 0')))

    assert "facts.cpu.cores: expected at least 1, found 0" in error.problem


@pytest.mark.parametrize(
    ("size", "place"),
    [
        ('"vram_mib": 24564', "facts.gpus.cards[0].vram_mib"),
        ('"vram_reserved_mib": 357', "facts.gpus.cards[0].vram_reserved_mib"),
        ('"total_mib": 64216', "facts.memory.total_mib"),
    ],
)
def test_less_memory_than_none_is_refused(write: Write, size: str, place: str) -> None:
    """A card that reserves less than nothing would carry any number of calls."""
    assert size in WHOLE
    error = refusal(write("facts.json", WHOLE.replace(size, f"{size.partition(':')[0]}: -1")))

    assert f"{place}: expected at least" in error.problem


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """Missing, a folder, a FIFO, larger than any machine, not text."""
    with pytest.raises(UsageError, match="E102"):
        read_facts(tmp_path / "none")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "huge").write_bytes(b" " * ((1 << 20) + 1))
    (tmp_path / "latin").write_bytes(b'{"a": "\xe4"}')

    assert refusal(tmp_path / ("x" * 300)).code == "E104"
    assert refusal(tmp_path).code == "E103"
    assert refusal(tmp_path / "fifo").code == "E103"
    assert refusal(tmp_path / "huge").code == "E103"
    assert refusal(tmp_path / "latin").code == "E201"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=any_facts)
def test_any_machine_survives_its_file(facts: Facts, tmp_path: Path) -> None:
    """Names and numbers of every kind, as long as JSON keeps them exactly."""
    path = tmp_path / "facts.json"
    path.write_text(json.dumps(facts.to_dict()), encoding="utf-8")
    try:
        assert read_facts(path) == facts
    except VoicectlError as error:
        assert "too large" in error.problem or "expected at least" in error.problem  # noqa: PT017 - hypothesis draws numbers beyond what JSON keeps
