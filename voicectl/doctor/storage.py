"""Is there room on disk, and may it be written?"""

from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, fail, ok, skip
from voicectl.doctor.needs import needed_disk_mib
from voicectl.hardware.facts import Facts, known

_GROUP: Final = "storage"
_LEAST_INODES: Final = 100_000
_LEAST_PREFIX_MIB: Final = 500
"""Logs, the record of calls and recordings."""


@check(
    "disk.models",
    group=_GROUP,
    blocking=True,
    why="a half-written model or environment means that the agent does not start",
)
def disk_models(config: Config, facts: Facts) -> Outcome:
    """Room in the store for Asterisk, the environments and the models."""
    store, needs_mib = known(facts.disks).store, needed_disk_mib(config, facts)
    seen, expected = f"{store.free_mib} MiB free for {store.path}", f"at least {needs_mib} MiB"
    # What an earlier deployment put there counts as room: its models are complete.
    if store.free_mib >= needs_mib or _is_filled(facts):
        return ok(seen, expected)
    return fail(
        seen, expected, "free some, or put deploy.store on a larger disk", f"du -xm {store.path} | sort -n | tail"
    )


def _is_filled(facts: Facts) -> bool:
    asterisk = known(facts.asterisk)
    return bool(known(facts.models).in_store) and bool(asterisk.in_store or asterisk.installed)


@check("disk.prefix", group=_GROUP, blocking=True, why="a call whose record cannot be written is not answered")
def disk_prefix(_: Config, facts: Facts) -> Outcome:
    """Room for the record of calls, recordings and logs."""
    prefix = known(facts.disks).prefix
    seen, expected = f"{prefix.free_mib} MiB free for {prefix.path}", f"at least {_LEAST_PREFIX_MIB} MiB"
    if prefix.free_mib >= _LEAST_PREFIX_MIB:
        return ok(seen, expected)
    return fail(seen, expected, "free some, or set calls.keep_days lower", f"du -xm {prefix.path} | sort -n | tail")


@check(
    "disk.inodes",
    group=_GROUP,
    blocking=True,
    why="without free inodes no file can be made, and calls are refused although the disk looks empty",
)
def disk_inodes(_: Config, facts: Facts) -> Outcome:
    """Files that may still be made."""
    disks = known(facts.disks)
    counts = [disk.inodes_free for disk in (disks.prefix, disks.store) if disk.inodes_free is not None]
    if not counts:
        return skip("this file system has no fixed number of inodes")
    seen, expected = f"{min(counts)} free", f"at least {_LEAST_INODES}"
    if min(counts) >= _LEAST_INODES:
        return ok(seen, expected)
    return fail(seen, expected, "remove many small files", f"du --inodes -x {disks.prefix.path} | sort -n | tail")


@check("disk.writable", group=_GROUP, blocking=True, why="nothing can be installed, and no call can be recorded")
def disk_writable(_: Config, facts: Facts) -> Outcome:
    """Neither file system is mounted read-only."""
    disks = known(facts.disks)
    locked = [disk.path for disk in (disks.prefix, disks.store) if disk.read_only]
    if not locked:
        return ok("both writable", "writable")
    return fail(
        f"read-only: {', '.join(locked)}",
        "writable",
        "mount it writable, or choose another deploy.prefix",
        "dmesg | tail",
    )


CHECKS: Final = (disk_models, disk_prefix, disk_inodes, disk_writable)
