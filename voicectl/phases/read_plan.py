"""The plan of this deployment: the one that the operator saw, or a new one."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from voicectl.catalogue.models import Model
from voicectl.config.find import ensure_regular_file
from voicectl.config.sections import Config
from voicectl.errors import InfeasibleError
from voicectl.hardware.facts import Asterisk, Facts, Unknown
from voicectl.phases.apply import AsteriskSource
from voicectl.planner.document import read_plan
from voicectl.planner.freshness import check_fresh
from voicectl.planner.plan import Plan, make_plan
from voicectl.render.exchange import Exchange


@dataclass(frozen=True)
class Planned:
    """What was decided before anything is rendered."""

    plan: Plan
    exchange: Exchange

    @property
    def asterisk(self) -> AsteriskSource:
        """Where the playbook gets Asterisk."""
        return "package" if self.exchange.packaged else "root"


def read_or_make_plan(config: Config, models: Mapping[str, Model], facts: Facts, file: Path) -> Planned:
    """Take the plan file where there is one.

    Raises:
        UsageError, ConfigError, StalePlanError: as `plan_in`; it was made for another machine or other wishes.
        InfeasibleError: no plan carries what is asked for, or it needs what cannot be installed yet.
    """
    plan = plan_in(file)
    if plan is None:
        plan = make_plan(config, facts, models)
    else:
        check_fresh(plan, config, facts)
    if plan.profile == "gpu":
        raise InfeasibleError(
            "E455", "profile gpu", "deploy cannot install it yet", fix="run `voicectl plan --profile embedded` or `cpu`"
        )
    missing = [one.model for one in plan.components if one.model not in models]
    if missing:
        problem = "deploy cannot fetch it: the catalogue has no digests of its files yet"
        raise InfeasibleError("E455", f"model {missing[0]}", problem, fix="run `voicectl plan` without that pin")
    return Planned(plan, exchange_of(facts.asterisk))


def plan_in(file: Path) -> Plan | None:
    """The plan that the operator saw; None where none was written.

    Raises:
        UsageError, ConfigError: something lies there that is no file; another plan in its place would be a surprise.
        StalePlanError: it is no plan of this version.
    """
    if not os.path.lexists(file):
        return None
    ensure_regular_file(file, fix="move it away, then run `voicectl plan`")
    return read_plan(file)


def exchange_of(found: Asterisk | Unknown) -> Exchange:
    """The distribution's Asterisk where it has one; a root that an earlier deployment made stays in use."""
    packaged = not isinstance(found, Unknown) and not found.in_store and bool(found.installed or found.candidate)
    return Exchange(packaged=packaged, architecture=os.uname().machine)
