"""One JSON object a line on stderr, with the call's id on every line that belongs to a call."""

import json
import logging
import os
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

CALL_ID: Final[ContextVar[str | None]] = ContextVar("call_id", default=None)
"""The call that the running task works for; a task started inside a call inherits it."""

TRANSCRIPTS: Final = logging.getLogger("voicectl_runtime.transcripts")
"""What was said, at DEBUG; disabled unless the operator wants it."""

_PLAIN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "call"}


class JsonLines(logging.Formatter):
    """Writes a record as JSON; the message is the event's name and `extra` its fields."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """One line; control characters can't break it, since JSON escapes them."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "call": getattr(record, "call", None) or CALL_ID.get(),
            "event": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def start_logging(service: str, level: str | None = None) -> None:
    """Send every logger's lines to stderr as JSON; `level` falls back to $VOICECTL_LOG_LEVEL, then INFO."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level or os.environ.get("VOICECTL_LOG_LEVEL", "INFO"))
    # It logs every request at INFO, which would drown the calls.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
