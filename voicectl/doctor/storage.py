"""Is there room on disk, and may it be written?"""

from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, fail, ok, skip, warn
from voicectl.doctor.needs import needed_disk_mib, profile_here
from voicectl.hardware.facts import Facts, known

_GROUP: Final = "storage"
_LEAST_INODES: Final = 100_000
_LEAST_PREFIX_MIB: Final = 500
"""Logs, the record of calls and recordings."""
_LEAST_MB_S: Final = {"embedded": 50, "cpu": 100, "gpu": 1000}
"""The models of the profile within five seconds: 250 MB, 500 MB, 5 GB."""


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


@check(
    "models.whole", group=_GROUP, why="an engine does not start on half a model, and deploy must fetch it again first"
)
def models_whole(_: Config, facts: Facts) -> Outcome:
    """Every model that is here has all its files at full length; digests are checked by `voicectl models verify`."""
    models, expected = known(facts.models), "every file at its full length"
    if models.incomplete:
        seen = f"incomplete: {', '.join(models.incomplete)}"
        return warn(seen, expected, "deploy fetches it again; see which files", "voicectl models verify")
    return ok(f"{len(models.in_store)} models", expected) if models.in_store else skip("no model is here yet")


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


@check("disk.local", group=_GROUP, why="the record of calls is a database, and over a network its locks do not hold")
def disk_local(_: Config, facts: Facts) -> Outcome:
    """Neither folder lies on another machine's disk."""
    disks = known(facts.disks)
    remote = [disk for disk in (disks.prefix, disks.store) if disk.kind == "network"]
    if not remote:
        return ok(f"{disks.prefix.file_system or 'a disk'} of this machine", "a disk of this machine")
    seen = ", ".join(f"{disk.path} is on {disk.file_system}" for disk in remote)
    return warn(seen, "a disk of this machine", "choose another deploy.prefix and deploy.store")


@check("disk.speed", group=_GROUP, why="models are read when a service starts; until then callers hear an apology")
def disk_speed(config: Config, facts: Facts) -> Outcome:
    """The models are read within seconds; measured only where `--read-speed` asks for it."""
    read_mb_s, least = known(facts.disks).store.read_mb_s, _LEAST_MB_S[profile_here(config, facts)]
    if read_mb_s is None:
        return skip("not measured: `voicectl doctor --read-speed`, once models are here")
    if read_mb_s >= least:
        return ok(f"{read_mb_s} MB/s", f"at least {least} MB/s")
    return warn(f"{read_mb_s} MB/s", f"at least {least} MB/s", "put deploy.store on an NVMe disk")


CHECKS: Final = (disk_models, models_whole, disk_prefix, disk_inodes, disk_writable, disk_local, disk_speed)
