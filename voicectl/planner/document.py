"""The plan as a file: `voicectl.plan.json`, written whole or not at all."""

import json
from pathlib import Path
from typing import Final

from voicectl.documents import DocumentError, from_plain, to_plain
from voicectl.errors import MachineError, StalePlanError
from voicectl.planner.plan import SCHEMA, Plan
from voicectl.whole_file import write_whole

FILE_NAME: Final = "voicectl.plan.json"
_NOT_OF_THE_PLAN: Final = {"schema", "ok"}


def plan_path(config_file: Path | None) -> Path:
    """Where `plan` writes and `deploy` looks: beside the configuration in use, or here where there is none."""
    return (Path() if config_file is None else config_file.parent) / FILE_NAME


def plan_to_dict(plan: Plan) -> dict[str, object]:
    """The body of the plan's document, without its schema, which the screen adds."""
    return {"ok": True, **to_plain(plan)}


def plan_from_dict(document: object, where: str) -> Plan:
    """A plan from its document.

    Raises:
        StalePlanError: another version wrote it, or somebody edited it.
    """
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise _unusable(where, f"it is not a {SCHEMA} document")
    try:
        plan = from_plain(Plan, {key: value for key, value in document.items() if key not in _NOT_OF_THE_PLAN}, "plan")
    except DocumentError as error:
        raise _unusable(where, str(error)) from error
    assert isinstance(plan, Plan)  # noqa: S101 - narrows the type; from_plain made it
    return plan


def read_plan(path: Path) -> Plan:
    """The plan in a file.

    Raises:
        StalePlanError: the file is no plan of this version.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _unusable(str(path), str(error)) from error
    return plan_from_dict(document, str(path))


def write_plan(plan: Plan, path: Path) -> None:
    """Replace the plan file as a whole: a reader sees the old plan or the new one.

    Raises:
        MachineError: the file cannot be written there.
    """
    text = json.dumps({"schema": SCHEMA, **plan_to_dict(plan)}, indent=2, ensure_ascii=False) + "\n"
    try:
        write_whole(path, text)
    except OSError as error:
        problem = f"the plan cannot be written ({error.strerror})"
        raise MachineError("E416", str(path), problem, fix="name another file with --out") from error


def _unusable(where: str, why: str) -> StalePlanError:
    return StalePlanError("E415", where, why, fix="run `voicectl plan` to write it anew")
