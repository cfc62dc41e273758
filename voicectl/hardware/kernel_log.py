"""What the NVIDIA driver wrote into the kernel's log."""

import os
import re
from pathlib import Path
from typing import Final

_XID: Final = re.compile(rb"NVRM: Xid \([^)]*\): (\d{1,4})")
_RECORD_BYTES: Final = 8192  # the kernel gives one record a read, and none is longer
_MOST_RECORDS: Final = 100_000


def xids(log: Path) -> tuple[int, ...] | None:
    """The driver's error numbers since the log begins, each once and sorted; None where it may not be read."""
    try:
        descriptor = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        return tuple(sorted({int(number) for record in _records(descriptor) for number in _XID.findall(record)}))
    finally:
        os.close(descriptor)


def _records(descriptor: int) -> list[bytes]:
    found: list[bytes] = []
    while len(found) < _MOST_RECORDS:
        try:
            record = os.read(descriptor, _RECORD_BYTES)
        except BrokenPipeError:  # the kernel wrote over it meanwhile; the next read goes on behind it
            continue
        except OSError:  # the end of the log
            break
        if not record:
            break
        found.append(record)
    return found
