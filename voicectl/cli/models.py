"""`voicectl models`: the models of the plan, on this machine and proven."""

import os
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from voicectl.cli.options import ConfigOption, JsonOption, open_config
from voicectl.console import Screen

if TYPE_CHECKING:
    from rich.table import Table

    from voicectl.catalogue.models import Model
    from voicectl.config.sections import Config

_SCHEMA: Final = "voicectl.models/1"
_COLOURS: Final = {"present": "green", "missing": "yellow", "corrupt": "red"}
_MB: Final = 1_000_000


class Action(StrEnum):
    """What to do with the models."""

    LIST = "list"
    FETCH = "fetch"
    VERIFY = "verify"


ActionArgument = Annotated[Action, typer.Argument(help="What to do.", show_choices=True)]
IdsArgument = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Which; by default the plan's.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every model of the catalogue.")]


def models(
    action: ActionArgument = Action.LIST,
    ids: IdsArgument = None,
    *,
    every: AllOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the models, fetch those that the plan needs, or verify what is here."""
    from voicectl.catalogue.models import load_models  # noqa: PLC0415 - `voicectl --help` reads no catalogue

    screen = Screen(json=json)
    settings = open_config(config, screen)
    catalogue = load_models()
    needed = _needed(settings, config, catalogue)
    everything = every or (action is Action.LIST and not ids)
    chosen = list(catalogue.values()) if everything else [_known(one, catalogue) for one in ids or needed]
    fetched = _fetch(chosen, settings, screen) if action is Action.FETCH else []
    rows = [_row(model, settings, needed) for model in chosen]
    ok = action is Action.LIST or all(row["state"] == "present" for row in rows)
    store = str(settings.deploy.store / "models")
    document = {"ok": ok, "store": store, "models": rows, **({"fetched": fetched} if action is Action.FETCH else {})}
    screen.show(_SCHEMA, document, lambda: _picture(rows, store))
    if not ok:
        screen.say("Fix: run `voicectl models fetch`, which replaces exactly what is missing or corrupt.")
        raise typer.Exit(1)


def _needed(settings: "Config", path: Path | None, catalogue: "Mapping[str, Model]") -> list[str]:
    """Ids of the models that the plan in use asks for; planned now where no plan was written yet."""
    from voicectl.config.find import find_config  # noqa: PLC0415 - `voicectl --help` reads no configuration
    from voicectl.hardware.gather import gather_facts  # noqa: PLC0415 - nor looks at the machine
    from voicectl.models.needed import needed_models  # noqa: PLC0415 - nor plans
    from voicectl.phases.read_plan import plan_in  # noqa: PLC0415
    from voicectl.planner.document import plan_path  # noqa: PLC0415
    from voicectl.planner.plan import make_plan  # noqa: PLC0415

    written = plan_in(plan_path(find_config(path, os.environ)))
    facts = partial(gather_facts, settings, catalogue)
    plan = written or make_plan(settings, facts(), catalogue)
    return [model.id for model in needed_models(plan, catalogue)]


def _known(name: str, catalogue: "Mapping[str, Model]") -> "Model":
    from difflib import get_close_matches  # noqa: PLC0415 - only for a slip

    from voicectl.errors import UsageError  # noqa: PLC0415 - only for a slip

    if name in catalogue:
        return catalogue[name]
    near = get_close_matches(name, catalogue, n=1, cutoff=0.4)
    fix = f"did you mean {near[0]}?" if near else f"use one of: {', '.join(catalogue)}"
    raise UsageError("E121", "voicectl models", f"unknown model ({name})", fix=fix)


def _fetch(chosen: "Sequence[Model]", settings: "Config", screen: Screen) -> list[str]:
    """Ids of the models that had to be fetched."""
    from voicectl.cli.model_progress import watching  # noqa: PLC0415 - `voicectl --help` fetches nothing
    from voicectl.models.open import open_fetcher  # noqa: PLC0415 - the same

    deploy = settings.deploy
    with watching(screen) as report, open_fetcher(deploy.store, deploy.models_folder, report) as fetcher:
        return [model.id for model in chosen if fetcher.fetch(model)]


def _row(model: "Model", settings: "Config", needed: Sequence[str]) -> dict[str, object]:
    from voicectl.models.store import check, state_of  # noqa: PLC0415 - only here

    files = check(settings.deploy.store / "models", model)
    return {
        "id": model.id,
        "kind": model.kind,
        "engine": model.engine,
        "title": model.title,
        "bytes": model.bytes,
        "licence": model.licence,
        "licence_note": model.licence_note,
        "needed": model.id in needed,
        "state": state_of(files),
        "files": [
            {"name": one.file.name, "bytes": one.file.bytes, "sha256": one.file.sha256, "state": one.state}
            for one in files
        ],
    }


def _picture(rows: "Sequence[Mapping[str, object]]", store: str) -> "Table":
    from rich.table import Table  # noqa: PLC0415 - Rich costs 60 ms, which `--help` does not have

    table = Table("model", "kind", "MB", "licence", "needed", "state", box=None, caption=f"in {store}")
    table.caption_justify = table.title_justify = "left"
    for row in rows:
        state = str(row["state"])
        size = f"{int(str(row['bytes'])) / _MB:.1f}"
        shown = f"[{_COLOURS[state]}]{state}[/]"
        table.add_row(
            str(row["id"]), str(row["kind"]), size, str(row["licence"]), "yes" if row["needed"] else "", shown
        )
    return table
