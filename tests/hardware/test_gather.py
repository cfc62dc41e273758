"""The whole gathering, on whatever machine runs the tests."""

import threading
import time
from dataclasses import fields, replace
from pathlib import Path

import pytest

from tests.machines.machine import machine
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.doctor.examine import CHECKS, examine
from voicectl.hardware import gather
from voicectl.hardware.facts import Facts, ModelSources, Unknown
from voicectl.hardware.probe import Probe
from voicectl.planner.plan import make_plan


def test_a_machine_that_never_answers_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions hang or break: each is unknown for itself, and only what the configuration decides is good news."""
    never = threading.Event()

    def breaks(*_: object, **__: object) -> None:
        raise OSError("gone")

    readers = [name for name in vars(gather) if name.startswith("read_")]
    for number, name in enumerate(readers):
        monkeypatch.setattr(gather, name, breaks if number % 2 else lambda *_, **__: never.wait())
    monkeypatch.setattr(gather, "Probe", lambda ask, *_: Probe(ask, 0.01))
    config = parse_config(f'deploy.prefix = "{tmp_path}"')
    facts = gather.gather_facts(config, {})
    never.set()

    assert len(readers) == len(fields(Facts))
    assert all(isinstance(fact, Unknown) for fact in vars(facts).values())
    report = examine(config, facts, CHECKS)
    assert {one.id for one in report.findings if one.status == "ok"} == {"rtp.range", "sip.open", "license.models"}


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
