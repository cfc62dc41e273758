"""Facts are plain data: into a document and back, with nothing lost and nothing guessed."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from tests.machines.anything import any_facts
from tests.machines.machine import NAMES, machine
from voicectl.documents import DocumentError
from voicectl.hardware.facts import Facts, NotKnownError, Unknown, facts_from_dict, known


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(facts=any_facts)
def test_facts_survive_their_document(facts: Facts) -> None:
    """What one machine writes another reads as the same facts, the unknown ones included."""
    assert facts_from_dict(json.loads(json.dumps(facts.to_dict()))) == facts


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_machines_are_whole(name: str) -> None:
    """A recorded machine has every fact of today's shape."""
    recorded = machine(name)

    assert facts_from_dict(json.loads(json.dumps(recorded.to_dict()))) == recorded


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("schema", "voicectl.facts/0", "voicectl.facts/1"),
        ("cpu", {"cores": 2}, r"facts\.cpu"),
        ("clock", {"synchronised": "yes", "error_ms": None, "offset_ms": None}, r"facts\.clock\.synchronised"),
        ("gpus", None, r"facts\.gpus"),
        ("weather", {}, "weather"),
    ],
)
def test_a_broken_document_is_refused_with_the_place(key: str, value: object, place: str) -> None:
    """Nothing is converted silently."""
    document = {**machine("bare_vm").to_dict(), key: value}

    with pytest.raises(DocumentError, match=place):
        facts_from_dict(document)


def test_an_unknown_fact_cannot_be_used() -> None:
    """The reason travels to whoever needed the fact."""
    assert known(3) == 3
    with pytest.raises(NotKnownError, match="no answer"):
        known(Unknown("no answer within 1 s"))
