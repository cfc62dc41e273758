"""Whether a plan still belongs to this configuration and this machine."""

from typing import TYPE_CHECKING

from voicectl.errors import StalePlanError
from voicectl.planner.fingerprint import fingerprint_of, inputs_of

if TYPE_CHECKING:
    from voicectl.config.sections import Config
    from voicectl.hardware.facts import Facts
    from voicectl.planner.plan import Plan


def check_fresh(plan: "Plan", config: "Config", facts: "Facts") -> None:
    """Refuse a plan that was made for another machine or other wishes.

    Raises:
        StalePlanError: it names what changed.
    """
    was = {one.name: one.value for one in plan.inputs}
    now = {one.name: one.value for one in inputs_of(config, facts, plan.profile, plan.wishes)}
    changed = [
        f"{name} was {was.get(name, 'absent')} and is {now.get(name, 'absent')}"
        for name in now | was
        if was.get(name) != now.get(name)
    ]
    if not changed and plan.fingerprint != fingerprint_of(plan.inputs):
        changed = ["its fingerprint is not that of its inputs: it was edited by hand"]
    if changed:
        raise StalePlanError("E415", "the plan", "; ".join(changed), fix="run `voicectl plan`, then deploy again")
