"""Room on the file systems that the agent is installed on, what they lie on, and how fast they read."""

import mmap
import os
import time
from pathlib import Path
from typing import Final

from voicectl.hardware.host_facts import Disk, DiskKind, Disks

_MIB: Final = 1 << 20
_PIECE_BYTES: Final = 4 * _MIB
_LEAST_BYTES: Final = 32 * _MIB
"""A smaller file is read before the clock has ticked often enough."""
_LONGEST_S: Final = 1.0
_NETWORK: Final = {"nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "fuse.sshfs", "glusterfs"}
_IN_MEMORY: Final = {"tmpfs", "ramfs"}
_WHOLE_DEVICE: Final = ".."


def read_disks(
    prefix: Path,
    store: Path,
    *,
    measure: bool = False,
    shm: Path = Path("/dev/shm"),  # noqa: S108 - it is asked about
    roots: tuple[Path, Path] = (Path("/proc"), Path("/sys")),
) -> Disks:
    """The file systems of the three folders, whether or not the folders exist yet.

    Args:
        prefix: the agent's folder.
        store: the folder of models; with `measure` the largest of its models is read for at most a second.
        measure: find out how fast the store's disk reads.
        shm: shared memory.
        roots: /proc and /sys.
    """
    speed = _read_mb_s(store) if measure else None
    return Disks(prefix=_disk(prefix, roots, None), store=_disk(store, roots, speed), shm=_disk(shm, roots, None))


def _disk(folder: Path, roots: tuple[Path, Path], read_mb_s: int | None) -> Disk:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    stat = os.statvfs(existing)
    device = existing.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    file_system = _file_system(roots[0] / "self/mountinfo", number)
    return Disk(
        path=str(folder),
        free_mib=stat.f_bavail * stat.f_frsize // _MIB,
        inodes_free=stat.f_favail if stat.f_files else None,
        read_only=bool(stat.f_flag & os.ST_RDONLY),
        kind=_kind(file_system, roots[1] / "dev/block" / number),
        file_system=file_system,
        read_mb_s=read_mb_s,
    )


def _file_system(mounts: Path, number: str) -> str:
    """The type stands behind the dash that ends the optional fields (proc_pid_mountinfo(5))."""
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines() if mounts.exists() else ():
        fields, _, rest = line.partition(" - ")
        if fields.split()[2:3] == [number]:
            return rest.partition(" ")[0]
    return ""


def _kind(file_system: str, device: Path) -> DiskKind:
    if file_system in _IN_MEMORY:
        return "memory"
    if file_system in _NETWORK:
        return "network"
    whole = device if (device / "queue").exists() else device / _WHOLE_DEVICE  # a partition lies in its disk's folder
    rotational = whole / "queue/rotational"
    if not rotational.exists():
        return "unknown"
    if whole.resolve().name.startswith("nvme"):
        return "nvme"
    return "hdd" if rotational.read_text(encoding="ascii").strip() == "1" else "ssd"


def _read_mb_s(store: Path) -> int | None:
    """Read the largest model that lies there, past the page cache; None where there is none that is large enough."""
    sizes = {
        path: path.stat().st_size for path in (store / "models").rglob("*") if path.is_file() and not path.is_symlink()
    }
    largest = max(sizes, key=lambda path: sizes[path], default=None)
    if largest is None or sizes[largest] < _LEAST_BYTES:
        return None
    try:
        descriptor = os.open(largest, os.O_RDONLY | os.O_DIRECT)
    except OSError:  # some file systems cannot read past the cache
        return None
    try:
        read_bytes, took_s = _read_for_a_while(descriptor)
    finally:
        os.close(descriptor)
    return round(read_bytes / took_s / 1e6)


def _read_for_a_while(descriptor: int) -> tuple[int, float]:
    done, started_s = 0, time.monotonic()
    with mmap.mmap(-1, _PIECE_BYTES) as piece:  # O_DIRECT wants memory that starts at a page
        while time.monotonic() - started_s < _LONGEST_S and (got := os.readv(descriptor, [piece])):
            done += got
    return done, max(time.monotonic() - started_s, 1e-6)
