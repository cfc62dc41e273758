"""One plan from the command line's words to the file and the screen."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from voicectl.catalogue.catalogue import load_catalogue
from voicectl.catalogue.gpu_names import find_gpu, instead_of
from voicectl.catalogue.models import Model, load_models
from voicectl.cli.options import open_config, refuse_contradictions
from voicectl.config.find import find_config
from voicectl.config.refused import shown
from voicectl.config.sections import Config
from voicectl.console import Screen
from voicectl.errors import MachineError, ServiceError, UsageError
from voicectl.hardware.facts import Facts
from voicectl.hardware.facts_file import read_facts
from voicectl.planner.cards import around_cards, imagine
from voicectl.planner.cost import Volume, cost_of_cards
from voicectl.planner.document import plan_path, plan_to_dict, write_plan
from voicectl.planner.measured import FILE_NAME, Measured, measured_text, read_measured
from voicectl.planner.plan import SCHEMA, Plan, make_plan
from voicectl.planner.site_limits import cores_of, ram_of
from voicectl.planner.wishes import Wishes
from voicectl.render.places import places_of
from voicectl.whole_file import write_whole

if TYPE_CHECKING:
    from rich.console import RenderableType

_COMMAND: Final = "voicectl plan"


@dataclass(frozen=True)
class PlanJob:
    """What was typed."""

    config: Path | None
    wishes: Wishes
    facts: Path | None
    gpu: str | None
    gpus: int | None
    probe: bool
    volume: Volume | None
    """Of the cost; None: nobody asked for it."""
    svg: Path | None
    out: Path | None


def carry_out(job: PlanJob, screen: Screen, *, explain: bool) -> None:
    """Plan, write the plan down, and show it; one for a machine that is not this one is kept only where it is told to.

    Raises:
        UsageError: a pin or a card is not in the catalogue.
        InfeasibleError: no plan carries what was asked for.
        ServiceError: the engines cannot be probed.
        MachineError: a file cannot be written.
    """
    _refuse_contradictions(job)
    options, models = open_config(job.config, screen), load_models()
    here = plan_path(find_config(job.config, os.environ))
    measured = _measured(job, options, here.with_name(FILE_NAME), screen)
    machine = _machine(job, options, models)
    if job.gpu is not None and job.facts is None:
        machine = around_cards(machine)
        size = f"{cores_of(machine)} cores and {ram_of(machine) or 0} MiB"
        screen.say(f"A machine of {size} is assumed around the card; --facts FILE names another.")
    decided = make_plan(options, machine, models, wishes=_wishes(job), measured=measured)
    if job.volume is not None:
        cost = cost_of_cards(job.volume, load_catalogue(), tuple(card.name for card in decided.vram))
        decided = replace(decided, cost=cost)
        if job.svg is not None:
            from voicectl.cli.cost_svg import svg_of_cost  # noqa: PLC0415 - few want it

            _write(job.svg, svg_of_cost(cost))
    is_elsewhere = job.facts is not None or job.gpu is not None
    path = job.out or (None if is_elsewhere else here)
    if path is not None:
        write_plan(decided, path)
    screen.show(SCHEMA, plan_to_dict(decided), lambda: _picture(decided, path, explain=explain))


def _picture(plan: Plan, path: Path | None, *, explain: bool) -> "RenderableType":
    from voicectl.cli.plan_picture import picture_of_plan  # noqa: PLC0415 - neither JSON nor a refusal needs Rich

    return picture_of_plan(plan, path, explain=explain)


def _wishes(job: PlanJob) -> Wishes:
    """Who names a card asks what it carries, not what a processor does without it."""
    return replace(job.wishes, profile="gpu") if job.gpu and job.wishes.profile is None else job.wishes


def _refuse_contradictions(job: PlanJob) -> None:
    """Engines are probed here and nowhere else, and a number of cards needs to know of which."""
    refuse_contradictions(_COMMAND, probe=job.probe, facts=job.facts is not None)
    refuse_contradictions(_COMMAND, probe=job.probe, gpu=job.gpu is not None)
    if job.gpus is not None and job.gpu is None:
        raise UsageError("E126", "--gpus", "it does not say of which card", fix="add --gpu NAME")


def _measured(job: PlanJob, config: Config, file: Path, screen: Screen) -> Measured:
    """What lies beside the plan, and a new probe where it is wished for."""
    known = read_measured(file, screen.say)
    if not job.probe:
        return known
    from voicectl.bench.probe_engines import probe_engines  # noqa: PLC0415 - its HTTP client would double every plan's time

    found = known.with_probe(probe_engines(_settings(places_of(config).settings)))
    _write(file, measured_text(found))
    return found


def _settings(file: Path) -> dict[str, Any]:
    """What the running agent reads."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problem = f"no agent is deployed here whose engines could be probed ({error})"
        raise ServiceError("E554", str(file), problem, fix="voicectl deploy, then plan --probe again") from error
    return dict(found)


def _machine(job: PlanJob, config: Config, models: Mapping[str, Model]) -> Facts:
    """This machine or the one in the file, with the cards that are wished for."""
    facts = _here(config, models) if job.facts is None else read_facts(job.facts)
    if job.gpu is None:
        return facts
    known = load_catalogue().gpus
    row = find_gpu(job.gpu, known)
    if row is None:
        problem = f"the catalogue knows no card {shown(job.gpu)}"
        raise UsageError("E125", "--gpu", problem, fix=instead_of(job.gpu, known))
    return imagine(facts, row, job.gpus or 1)


def _here(config: Config, models: Mapping[str, Model]) -> Facts:
    from voicectl.hardware.gather import facts_to_plan  # noqa: PLC0415 - whoever brings the facts need not wait for it

    return facts_to_plan(config, models)


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise MachineError("E416", str(path), problem, fix="name a file in a folder that is yours") from error
