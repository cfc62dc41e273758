"""Writing to the store: one voicectl at a time, in folders that every service can enter."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from voicectl.errors import LockHeldError, MachineError

_FOLDER_MODE: Final = 0o755


@contextmanager
def filling(models: Path) -> Iterator[None]:
    """Hold the store's lock, which ends with the process, and name what keeps it from being written.

    Raises:
        LockHeldError: another voicectl is filling this store.
        MachineError: the disk is full, or the folder belongs to somebody else.
    """
    try:
        make_folder(models)
        with (models / ".lock").open("w") as lock:
            _take(lock.fileno(), models)
            yield
    except OSError as error:
        raise MachineError(
            "E442",
            str(error.filename or models),
            f"cannot be written ({error.strerror or error})",
            fix="free room on that disk, or run this as root, then run it again: it goes on where it stopped",
        ) from error


def make_folder(folder: Path) -> tuple[Path, ...]:
    """Make a folder and its parents readable for the services' users, whatever the operator's umask.

    Returns:
        What was not there before, the outermost first.
    """
    made = tuple(one for one in (*reversed(folder.parents), folder) if not one.exists())
    for missing in made:
        missing.mkdir(exist_ok=True)
        missing.chmod(_FOLDER_MODE)
    return made


def _take(lock: int, models: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LockHeldError(
            "E443", str(models), "another voicectl is filling this store", fix="wait for it, then run this again"
        ) from None
