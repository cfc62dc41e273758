"""The last lines of each service's log, without what callers said or who they are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from voicectl.doctor.redact import Redactor
from voicectl.errors import ServiceError
from voicectl.logs.log_files import services_in
from voicectl.logs.log_line import LEVELS, LogLine, parse_line
from voicectl.logs.safe_text import escaped

_LINES: Final = 100
_BYTES: Final = 256 * 1024
_ASTERISK: Final = "asterisk-pbx"
# Fields of our own lines that name a part of the agent; any other text could be a caller's.
_TELLING: Final = {"engine", "model", "device", "compute_type", "host", "ended_by", "reason", "state", "error"}


def last_lines(folder: Path, redactor: Redactor) -> dict[str, tuple[str, ...]]:
    """By service; empty where nothing was deployed, or where we may not look."""
    try:
        services = services_in(folder)
        return {service: tuple(_lines(folder / f"{service}.log", service, redactor))[-_LINES:] for service in services}
    except (ServiceError, OSError):
        return {}


def _lines(path: Path, service: str, redactor: Redactor) -> Iterator[str]:
    # At the level INFO Asterisk names callers in every line; DEBUG may hold whole conversations.
    least = LEVELS["WARNING"] if service == _ASTERISK else LEVELS["INFO"]
    before: LogLine | None = None
    for raw in _tail(path).splitlines():
        before = parse_line(service, raw, before)
        if before.weight >= least:
            yield escaped(_told(before, redactor))


def _tail(path: Path) -> str:
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - _BYTES))
        return log.read().decode("utf-8", errors="replace")


def _told(line: LogLine, redactor: Redactor) -> str:
    when = line.at.isoformat(timespec="milliseconds") if line.at else "-"
    fields = (f"{name}={_value(name, value, redactor)}" for name, value in line.fields.items())
    return " ".join((when, line.level, redactor.spoken(line.text), *fields))


def _value(name: str, value: Any, redactor: Redactor) -> str:
    if value is None or isinstance(value, bool | int | float):
        return str(value)
    return redactor.spoken(str(value)) if name in _TELLING else "[text]"
