"""A support case in one file: facts, checks, versions, configuration and log lines, fit to be sent to a stranger."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from voicectl.config.networks import own_address, provider_address
from voicectl.config.refused import RefusedError
from voicectl.config.sections import Config
from voicectl.doctor.examine import Report
from voicectl.doctor.redact import HIDDEN, Redactor
from voicectl.documents import DocumentError, from_plain, to_plain
from voicectl.errors import MachineError
from voicectl.hardware.facts import Facts, facts_from_dict
from voicectl.hardware.facts_file import read_document
from voicectl.whole_file import write_whole

SCHEMA: Final = "voicectl.bundle/1"
_FIX: Final = "name a file that `voicectl doctor --bundle FILE` wrote"
_PACKAGES: Final = ("voicectl", "ansible-core", "ansible-runner", "nvidia-ml-py", "uv")
_KEYS: Final = {"schema", "made", "versions", "config", "facts", "report", "logs"}
# Of the configuration, what says who it is for or what is said, and not how it works.
_PRIVATE: Final = {"name", "business", "greeting", "instructions", "says", "username", "number"}


@dataclass(frozen=True)
class Case:
    """What a case is made of, before anything is taken out of it."""

    config: Config
    facts: Facts
    report: Report
    logs: Mapping[str, tuple[str, ...]]
    """The last lines of each service, redacted already."""
    made: datetime


def write_bundle(path: Path, case: Case, redactor: Redactor) -> None:
    """Write the file as a whole, readable by its owner alone.

    Raises:
        MachineError: E404, it cannot be written there.
    """
    document = redacted(case, redactor)
    try:
        write_whole(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n", mode=0o600)
    except OSError as error:
        problem = f"the bundle cannot be written ({error.strerror})"
        raise MachineError("E404", str(path), problem, fix="name a file in a folder that is yours") from error


def redacted(case: Case, redactor: Redactor) -> dict[str, Any]:
    """The document of a case."""
    return {
        "schema": SCHEMA,
        "made": case.made.isoformat(timespec="seconds"),
        "versions": {name: version(name) for name in _PACKAGES},
        "config": redactor.machine(_without_people(to_plain(case.config))),
        "facts": redactor.machine(case.facts.to_dict()),
        "report": redactor.machine(case.report.to_dict()),
        "logs": {service: list(lines) for service, lines in case.logs.items()},
    }


def read_bundle(path: Path) -> tuple[Config, Facts]:
    """The configuration and the machine of a case, to examine them again.

    Raises:
        UsageError, ConfigError, MachineError: as `read_document`; E402 also for a document that is no such case.
    """
    document = read_document(path, fix=_FIX)
    try:
        return _case_in(document)
    except DocumentError as error:
        raise MachineError("E402", str(path), str(error), fix=_FIX) from error


def _case_in(document: dict[str, Any]) -> tuple[Config, Facts]:
    if document.get("schema") != SCHEMA or set(document) != _KEYS or not isinstance(document["facts"], dict):
        raise DocumentError(f"not a {SCHEMA} document")
    config: Config = from_plain(Config, document["config"], "config")
    _ensure_addresses(config)
    return config, facts_from_dict(document["facts"])


def _ensure_addresses(config: Config) -> None:
    """Checks work with these; everything else of a configuration is only compared or shown."""
    try:
        own_address(config.sip.address)
        if config.trunk.address:
            provider_address(config.trunk.address)
    except RefusedError as refused:
        raise DocumentError(f"config: {refused.problem}") from refused


def _without_people(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _without_people(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_people(item, key) for item in value]
    if key == "key":  # a person's, which is mostly a name
        return "person"
    return HIDDEN if key in _PRIVATE and value else value
