"""One line of a service's log: our own JSON, or whatever Asterisk and Ollama write."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from voicectl.logs.safe_text import escaped

LEVELS: Final = {"DEBUG": 10, "VERBOSE": 10, "INFO": 20, "NOTICE": 25, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
_OTHER_NAMES: Final = {
    "SECURITY": "NOTICE",
    "WARN": "WARNING",
    "FATAL": "CRITICAL",
    "CRIT": "CRITICAL",
    "TRACE": "DEBUG",
}
_LEVEL: Final = re.compile(r"\b(DEBUG|VERBOSE|TRACE|INFO|NOTICE|SECURITY|WARN(?:ING)?|ERROR|CRIT(?:ICAL)?|FATAL)\b")
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?")
_ASTERISK: Final = re.compile(r"^\[([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)(?:\.\d+)?\]")
_HEAD: Final = 160
"""Characters of a plain line in which its time and level stand; what follows may be anybody's words."""


@dataclass(frozen=True)
class LogLine:
    """A line, with what is known of it."""

    service: str
    at: datetime | None
    level: str
    text: str
    """The event's name, or the whole of a plain line."""
    call: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """The level as a number."""
        return LEVELS.get(self.level, LEVELS["INFO"])

    def to_dict(self) -> dict[str, Any]:
        """The line as a JSON object."""
        when = None if self.at is None else self.at.isoformat(timespec="milliseconds")
        return {
            "time": when,
            "level": self.level,
            "service": self.service,
            "call": self.call,
            "event": self.text,
            **self.fields,
        }

    def to_text(self) -> str:
        """The line for a person, safe to print."""
        when = self.at.astimezone().strftime("%b %d %H:%M:%S.%f")[:-3] if self.at else " " * 19
        call = f" [{self.call}]" if self.call else ""
        more = "".join(f" {name}={_short(value)}" for name, value in self.fields.items())
        return escaped(f"{when} {self.service:<12} {self.level:<8}{call} {self.text}{more}")


def parse_line(service: str, raw: str, before: LogLine | None = None) -> LogLine:
    """Read one line; what says nothing of its time or level belongs to the line before it, as a traceback does."""
    ours = _json(raw)
    if ours is not None:
        return _structured(service, ours)
    plain = _COLOUR.sub("", raw)
    found = _LEVEL.search(plain[:_HEAD])
    own_time = _time(plain[:_HEAD])
    if before is None or found or own_time:
        name = found.group(1) if found else "INFO"
        return LogLine(service, own_time or (before.at if before else None), _OTHER_NAMES.get(name, name), plain)
    return LogLine(service, before.at, before.level, plain)


def _json(raw: str) -> dict[str, Any] | None:
    if not raw.startswith("{"):
        return None
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and isinstance(document.get("event"), str) else None


def _structured(service: str, document: dict[str, Any]) -> LogLine:
    known = {"time", "level", "service", "call", "event"}
    call = document.get("call")
    level = str(document.get("level", "INFO")).upper()
    return LogLine(
        service,
        _time(str(document.get("time", ""))),
        _OTHER_NAMES.get(level, level),
        document["event"],
        None if call is None else str(call),
        {name: value for name, value in document.items() if name not in known},
    )


def _time(text: str) -> datetime | None:
    """The first time in a text; a time without a zone is this machine's."""
    iso = _ISO.search(text)
    try:
        if iso:
            return datetime.fromisoformat(iso.group()).astimezone(UTC)
        asterisk = _ASTERISK.match(text)
        return _this_year(asterisk.group(1)) if asterisk else None
    except ValueError:
        return None


def _this_year(text: str) -> datetime:
    """Asterisk leaves the year out: it is the latest one that does not lie ahead."""
    now = datetime.now(UTC)
    at = datetime.strptime(f"{now.year} {text}", "%Y %b %d %H:%M:%S").astimezone(UTC)
    return at if at <= now + timedelta(days=1) else at.replace(year=now.year - 1)


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
