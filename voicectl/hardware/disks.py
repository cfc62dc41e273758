"""Room on the file systems that the agent is installed on."""

import os
from pathlib import Path

from voicectl.hardware.facts import Disk, Disks

_MIB = 1 << 20


def read_disks(prefix: Path, store: Path, shm: Path = Path("/dev/shm")) -> Disks:  # noqa: S108 - it is asked about
    """The file systems of the three folders, whether or not the folders exist yet."""
    return Disks(prefix=_disk(prefix), store=_disk(store), shm=_disk(shm))


def _disk(folder: Path) -> Disk:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    stat = os.statvfs(existing)
    return Disk(
        path=str(folder),
        free_mib=stat.f_bavail * stat.f_frsize // _MIB,
        inodes_free=stat.f_favail if stat.f_files else None,
        read_only=bool(stat.f_flag & os.ST_RDONLY),
    )
