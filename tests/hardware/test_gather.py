"""The whole gathering, on whatever machine runs the tests."""

import time
from dataclasses import fields
from pathlib import Path

import pytest

from voicectl.config.load import parse_config
from voicectl.hardware import gather
from voicectl.hardware.facts import Facts, ModelSources, Unknown


def test_this_machine_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine is, every question gets its fact or a reason, in the time that its deadline allows."""
    monkeypatch.setattr(
        gather, "read_model_sources", lambda *_: ModelSources(hub_reachable=False, hub_problem="x", in_store=())
    )
    started_s = time.monotonic()
    facts = gather.gather_facts(parse_config(f'deploy.prefix = "{tmp_path}"'), {})

    assert time.monotonic() - started_s < 5  # deadlines of 1.5 s, and a machine that runs other tests
    assert {field.name for field in fields(Facts)} == set(vars(facts))
    assert not isinstance(facts.cpu, Unknown)
    assert facts.cpu.cores >= 1
    assert not isinstance(facts.memory, Unknown)
    assert not isinstance(facts.ports, Unknown)
