"""Which checks run, and what holds for the report of every machine."""

import json
from dataclasses import replace
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, given, settings

from tests.machines.anything import any_facts, any_wishes
from tests.machines.machine import machine
from voicectl.config.load import parse_config
from voicectl.config.sections import Config
from voicectl.doctor.check import BROKEN, Check
from voicectl.doctor.examine import CHECKS, STATUSES, choose_checks, examine
from voicectl.errors import UsageError
from voicectl.hardware.facts import Facts


def test_there_are_at_least_twenty_checks_with_names_of_their_own() -> None:
    """An id is what `--only`, `--skip` and other people's scripts hold on to."""
    assert len({one.id for one in CHECKS}) == len(CHECKS) >= 20


def test_a_group_stands_together() -> None:
    """The report has one heading a group."""
    groups = [one.group for one in CHECKS]

    assert groups == sorted(groups, key=groups.index)


def test_only_and_skip_choose() -> None:
    """`--only` names what runs, `--skip` takes away from it."""
    assert [one.id for one in choose_checks(["ram", "port.sip"], ["ram"])] == ["port.sip"]
    assert len(choose_checks([], ["ram"])) == len(CHECKS) - 1


@pytest.mark.parametrize(("only", "skip"), [(["port.spi"], []), ([], ["port.spi"])])
def test_an_unknown_check_is_refused_with_the_nearest_one(only: list[str], skip: list[str]) -> None:
    """A slip of the fingers must not silently examine nothing."""
    with pytest.raises(UsageError, match=r"E113 .*'port\.spi'.*port\.sip") as refused:
        choose_checks(only, skip)

    assert refused.value.exit_code == 2


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(config=any_wishes(), facts=any_facts)
def test_every_machine_gets_a_report(config: Config, facts: Facts) -> None:
    """No machine makes a check raise; the document holds every finding and adds up."""
    report = examine(config, facts, CHECKS)
    document = json.loads(json.dumps(report.to_dict()))

    assert [one["id"] for one in document["findings"]] == [one.id for one in CHECKS]
    assert {one["status"] for one in document["findings"]} <= set(STATUSES)
    assert not any(BROKEN in one["seen"] for one in document["findings"])
    assert sum(document["summary"].values()) == len(CHECKS)
    blocked = any(one["blocking"] and one["status"] == "fail" for one in document["findings"])
    assert document["ok"] is not blocked


@pytest.mark.parametrize("broken", CHECKS, ids=lambda one: one.id)
def test_a_check_that_breaks_costs_no_other(broken: Check) -> None:
    """It becomes a finding of its own, never good news, and the rest of the report is as before."""

    def breaks(*_: object) -> NoReturn:
        raise ZeroDivisionError("division by zero")

    config, facts = parse_config(""), machine("gpu_box")
    checks = tuple(replace(one, judge=breaks) if one is broken else one for one in CHECKS)
    found, sound = examine(config, facts, checks).findings, examine(config, facts, CHECKS).findings

    changed = [new for new, old in zip(found, sound, strict=True) if new != old]
    assert [(one.id, one.status) for one in changed] == [(broken.id, "unknown")]
    assert "ZeroDivisionError" in changed[0].seen


def test_same_facts_same_report() -> None:
    """Doctor draws its conclusions from the facts alone."""
    config = parse_config("")

    assert examine(config, machine("tiny"), CHECKS) == examine(config, machine("tiny"), CHECKS)
