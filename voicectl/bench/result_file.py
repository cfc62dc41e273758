"""The file that keeps a benchmark's document."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from voicectl.errors import UsageError


def ensure_writable(path: Path) -> None:
    """Make the file now: after minutes of calls it is too late to learn that its folder is not there.

    Raises:
        UsageError: it cannot be made.
    """
    try:
        path.touch()
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise UsageError("E104", str(path), problem, fix="name a file in a folder that is yours") from error


def write_result(path: Path, document: Mapping[str, Any]) -> None:
    """Write the document."""
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
