"""Which models a plan asks for."""

from collections.abc import Mapping

from voicectl.catalogue.models import Model
from voicectl.errors import MachineError
from voicectl.planner.plan import Plan


def needed_models(plan: Plan, models: Mapping[str, Model]) -> tuple[Model, ...]:
    """The models of every engine of the plan, each once.

    Raises:
        MachineError: the plan names a model that this voicectl does not know.
    """
    wanted = dict.fromkeys(component.model for component in plan.components)
    for name in wanted:
        if name not in models:
            raise MachineError(
                "E444", f"model {name}", "not in the catalogue of this voicectl", fix="run `voicectl plan` again"
            )
    return tuple(models[name] for name in wanted)
