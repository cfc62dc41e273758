"""A plan for another machine or other wishes is recognised; everything else leaves it fresh."""

from dataclasses import replace
from typing import Any

import pytest

from tests.machines.machine import change, machine
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.errors import StalePlanError
from voicectl.hardware.facts import Facts
from voicectl.planner.freshness import check_fresh
from voicectl.planner.plan import Plan, make_plan
from voicectl.planner.wishes import Wishes


def plan_of(facts: Facts, config: str = "") -> Plan:
    return make_plan(parse_config(config), facts, load_models())


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ("calls.most = 8", "calls.most was 4 and is 8"),
        ("turns.stop_ms = 160", "turns.stop_ms was 200 and is 160"),
        ("agent.language_model = true", "agent.language_model was false and is true"),
        ('agent.profile = "cpu"', "agent.profile was auto and is cpu"),
    ],
)
def test_other_wishes_make_it_stale(config: str, named: str) -> None:
    """Exit 6, with what changed and the command to run."""
    facts = machine("bare_vm")

    with pytest.raises(StalePlanError, match=named) as stale:
        check_fresh(plan_of(facts), parse_config(config), facts)
    assert stale.value.exit_code == 6
    assert "voicectl plan" in stale.value.fix


@pytest.mark.parametrize(
    ("fact", "fields", "named"),
    [
        ("cpu", {"cores": 4}, "cores was 2 and is 4"),
        ("memory", {"total_mib": 8000}, "memory in GiB was 4 and is 8"),
        ("gpus", {"state": "mismatch"}, "GPUs was none and is mismatch"),
    ],
)
def test_another_machine_makes_it_stale(fact: str, fields: dict[str, Any], named: str) -> None:
    """A plan file that was copied to other hardware is not deployed there."""
    facts = machine("bare_vm")
    plan = plan_of(facts)
    other = replace(facts, **{fact: change(getattr(facts, fact), **fields)})

    with pytest.raises(StalePlanError, match=named):
        check_fresh(plan, parse_config(""), other)


@pytest.mark.parametrize(
    ("fact", "fields"),
    [
        ("memory", {"total_mib": 3919, "available_mib": 200}),
        ("cpu", {"steal_percent": 9.0}),
        ("models", {"hub_reachable": False}),
        ("system", {"kernel": "6.1.0-41-amd64"}),
    ],
)
def test_what_planning_does_not_read_leaves_it_fresh(fact: str, fields: dict[str, Any]) -> None:
    """A kernel update or a hub that is down is no reason to plan anew; nor is another greeting."""
    facts = machine("bare_vm")
    plan = plan_of(facts)
    other = replace(facts, **{fact: change(getattr(facts, fact), **fields)})

    check_fresh(plan, parse_config('agent.greeting = "Hello."'), other)


def test_a_changed_fingerprint_is_noticed() -> None:
    """The inputs and their digest belong together."""
    facts = machine("bare_vm")

    with pytest.raises(StalePlanError, match="edited by hand"):
        check_fresh(replace(plan_of(facts), fingerprint="0" * 64), parse_config(""), facts)


def test_pins_are_part_of_the_fingerprint() -> None:
    """Two plans with other pins are not taken for one another, and each is fresh where it was made."""
    facts, config = machine("bare_vm"), parse_config("")
    plain = plan_of(facts)
    pinned = make_plan(config, facts, load_models(), wishes=Wishes(profile="cpu", context_tokens=1024))

    assert pinned.fingerprint != plain.fingerprint
    check_fresh(pinned, config, facts)
    with pytest.raises(StalePlanError, match="pins was"):
        check_fresh(replace(pinned, wishes=Wishes(profile="cpu", context_tokens=512)), config, facts)
