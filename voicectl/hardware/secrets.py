"""The password files of an earlier deployment, by name, mode and length; they are never opened."""

import stat
from pathlib import Path

from voicectl.hardware.software_facts import SecretFile, Secrets


def read_secrets(folder: Path) -> Secrets:
    """Every file in the folder; none where nothing was deployed yet."""
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        return Secrets(files=())
    return Secrets(files=tuple(_file(path) for path in found))


def _file(path: Path) -> SecretFile:
    status = path.lstat()
    return SecretFile(
        path=str(path),
        mode=stat.S_IMODE(status.st_mode),
        owner_uid=status.st_uid,
        length_bytes=status.st_size,
    )
