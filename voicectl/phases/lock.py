"""One deployment at a time: the kernel holds the lock and drops it with its holder, so it is never stale."""

import fcntl
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from voicectl.errors import LockHeldError


@contextmanager
def held(path: Path, since: datetime) -> Iterator[None]:
    """Hold the lock and write into it who does.

    Raises:
        LockHeldError: E108, with who holds it since when.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor, path)
        _write(descriptor, json.dumps(_me(since)))
        try:
            yield
        finally:
            _write(descriptor, "")
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path) -> None:
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:  # else its holder took it away with its folder, and another may lie there
            return
    raise LockHeldError(
        "E108", str(path), f"another voicectl is deploying: {_holder(descriptor)}", fix="wait for it to end"
    )


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def _me(since: datetime) -> dict[str, object]:
    user = os.environ.get("SUDO_USER") or os.environ.get("USER") or str(os.getuid())
    return {"pid": os.getpid(), "user": user, "host": platform.node(), "since": since.isoformat(timespec="seconds")}


def _holder(descriptor: int) -> str:
    with suppress(ValueError, KeyError, TypeError):  # it took the lock this very moment and has not signed yet
        me = json.loads(os.pread(descriptor, 4096, 0))
        return f"{me['user']} on {me['host']} (pid {me['pid']}) since {me['since']}"
    return "somebody who has just begun"
