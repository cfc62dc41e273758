"""The whole gathering, on whatever machine runs the tests."""

import time
from dataclasses import fields, replace
from pathlib import Path

import pytest

from tests.machines.machine import machine
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.hardware import gather
from voicectl.hardware.facts import Facts, ModelSources, Unknown
from voicectl.planner.plan import make_plan


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


def test_planning_reads_nothing_but_what_it_asks(tmp_path: Path) -> None:
    """A plan of these facts is the plan of all of them, and so is its fingerprint."""
    config = parse_config(f'deploy.prefix = "{tmp_path}"')
    asked = gather.facts_to_plan(config, {})
    known = {field.name for field in fields(asked) if not isinstance(getattr(asked, field.name), Unknown)}
    box = machine("gpu_box")
    blind = replace(asked, **{name: getattr(box, name) for name in ("cpu", "memory", "gpus", "models")})

    assert {"cpu", "memory", "gpus"} <= known <= {"cpu", "memory", "gpus", "models"}
    assert make_plan(config, blind, load_models()) == make_plan(config, box, load_models())
