"""Hands what was rendered to the playbook: a staged tree that root alone can read, and variables without passwords."""

import json
from collections.abc import Mapping
from configparser import RawConfigParser
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from voicectl.catalogue.model import Model
from voicectl.doctor.fixes import Tuning
from voicectl.errors import MachineError
from voicectl.paths import RUNTIME
from voicectl.phases.environments import Environment
from voicectl.phases.ownership import copy_order
from voicectl.render.places import Places
from voicectl.render.rendered import Rendered

AsteriskSource = Literal["package", "root"]


@dataclass(frozen=True)
class Delivery:
    """Everything that one run of the playbook brings to the machine."""

    places: Places
    files: Mapping[str, Rendered]
    copied: tuple[str, ...]
    removed: tuple[str, ...]
    environments: tuple[Environment, ...]
    asterisk: AsteriskSource
    language_model: Mapping[str, object] | None
    restarting: tuple[str, ...]
    """Services that run, and will not go on running as they are."""
    drain_s: int
    """How long live calls may hold that up."""
    tuning: Tuning
    """The machine's own settings."""


def language_model(
    files: Mapping[str, Rendered], models: Mapping[str, Model], places: Places, threads: int
) -> dict[str, object] | None:
    """What the playbook gives to llm-service; None where no model speaks."""
    told = json.loads(files["etc/settings.json"].text)["llm"]
    if told is None:
        return None
    weights = models[told["model"]].files[0]
    return {
        "url": told["url"],
        "name": told["model"],
        "file": str(places.model(told["model"], weights.name)),
        "digest": weights.sha256,
        "context_tokens": told["context_tokens"],
        "threads": threads,
    }


def stage(delivery: Delivery, work: Path) -> dict[str, Any]:
    """Write the files to be copied, and name everything for `site.yml`."""
    staging = work / "staging"
    for path in delivery.copied:
        target = staging / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(delivery.files[path].text, encoding="utf-8")
    return {
        "voicectl_prefix": str(delivery.places.prefix),
        "voicectl_store": str(delivery.places.store),
        "voicectl_asterisk_source": delivery.asterisk,
        "voicectl_environments": [one.to_dict() for one in delivery.environments],
        "voicectl_has_language_model": delivery.language_model is not None,
        "voicectl_language_model": delivery.language_model,
        "voicectl_uv": _uv(),
        "voicectl_runtime": str(RUNTIME),
        "voicectl_staging": str(staging),
        "voicectl_files_changed": [copy_order(path, delivery.files[path]) for path in delivery.copied],
        "voicectl_files_removed": list(delivery.removed),
        **delivery.tuning.variables(),
        "voicectl_restarting": list(delivery.restarting),
        "voicectl_drain_s": delivery.drain_s,
        "voicectl_supervisor_identifier": supervisor_identifier(
            delivery.places.instance, delivery.files["etc/supervisord.conf"].text, delivery.environments
        ),
    }


def supervisor_identifier(instance: str, conf: str, made: tuple[Environment, ...]) -> str:
    """Changes with what only a new start of Supervisor takes up: its own settings and its own code."""
    parser = RawConfigParser()
    parser.read_string(conf)
    own = {name: dict(parser.items(name)) for name in parser.sections() if not name.startswith("program:")}
    code = next(one.lock_digest for one in made if one.name == "supervisor")
    return f"{instance}-{sha256(f'{own} {code}'.encode()).hexdigest()[:16]}"


def _uv() -> str:
    import uv  # noqa: PLC0415 - only a deployment needs it

    try:
        return str(uv.find_uv_bin())
    except FileNotFoundError as error:
        raise MachineError("E453", "uv", "it is not beside this voicectl", fix="install voicectl anew") from error
