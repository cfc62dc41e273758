"""Is there room in memory?"""

from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, fail, ok, warn
from voicectl.doctor.needs import needed_ram_mib
from voicectl.hardware.facts import Facts, NotKnownError, known

_GROUP: Final = "memory"
_LEAST_SHM_MIB: Final = 16
_STRICT: Final = 2
_LEAST_MAPS: Final = 65_530
_SHM_CALL_MIB: Final = 4
"""A call's queued speech: 8 kHz, 16 bits, and as much again for the next answer."""


@check(
    "ram", group=_GROUP, blocking=True, why="the kernel kills an engine that finds no memory, in the middle of a call"
)
def ram(config: Config, facts: Facts) -> Outcome:
    """Memory for the engines of the profile that `plan` would choose."""
    memory = known(facts.memory)
    has_mib, needs_mib = memory.limit_mib or memory.total_mib, needed_ram_mib(config, facts)
    seen = f"{has_mib} MiB" + (" (this container's limit)" if memory.limit_mib else "")
    expected = f"at least {needs_mib} MiB"
    if has_mib < needs_mib:
        return fail(seen, expected, f"add {needs_mib - has_mib} MiB of memory")
    if memory.available_mib < needs_mib:
        # Not a failure: the agent itself may be what uses it.
        return warn(
            f"{memory.available_mib} MiB of {seen} available",
            expected,
            "end what else uses memory",
            "ps aux --sort=-rss | head",
        )
    return ok(seen, expected)


@check(
    "swap",
    group=_GROUP,
    why="an engine that was swapped out takes seconds to answer the first caller after a quiet hour",
)
def swap(_: Config, facts: Facts) -> Outcome:
    """Swap that is in use now."""
    memory = known(facts.memory)
    if memory.swap_total_mib == 0:
        return ok("none", "not in use")
    seen = f"{memory.swap_used_mib} of {memory.swap_total_mib} MiB in use, swappiness {memory.swappiness}"
    if memory.swap_used_mib == 0:
        return ok(seen, "not in use")
    keep = () if memory.swappiness <= 1 else ("sysctl vm.swappiness=1",)
    return warn(seen, "not in use", "keep the engines in memory", *keep, "swapoff -a && swapon -a")


@check(
    "shm.size",
    group=_GROUP,
    blocking=True,
    why="the agent's speech is handed to Asterisk through shared memory; when it is full, callers hear silence",
)
def shm_size(config: Config, facts: Facts) -> Outcome:
    """Room in /dev/shm for the speech of every call."""
    shm = known(facts.disks).shm
    needs_mib = _LEAST_SHM_MIB + _SHM_CALL_MIB * config.calls.most
    seen, expected = f"{shm.free_mib} MiB free in {shm.path}", f"at least {needs_mib} MiB"
    if shm.read_only:
        return fail(f"{shm.path} is read-only", expected, "mount it writable", f"mount -o remount,rw {shm.path}")
    if shm.free_mib < needs_mib:
        return fail(
            seen,
            expected,
            "enlarge it (for a container: --shm-size)",
            f"mount -o remount,size={2 * needs_mib}m {shm.path}",
        )
    return ok(seen, expected)


@check(
    "kernel.memory", group=_GROUP, why="a kernel that is strict with memory refuses it to an engine while half is free"
)
def kernel_memory(_: Config, facts: Facts) -> Outcome:
    """The kernel promises memory as it does by default, in as many pieces."""
    memory = known(facts.memory)
    if memory.overcommit is None or memory.map_count is None:
        raise NotKnownError("the kernel does not tell")
    pages = known(facts.system).huge_pages
    seen = f"overcommit {memory.overcommit}, {memory.map_count} maps" + (f", huge pages {pages}" if pages else "")
    expected = f"overcommit 0 or 1, {_LEAST_MAPS} maps"
    if memory.overcommit == _STRICT:
        return warn(seen, expected, "let the kernel promise memory by a guess", "sysctl vm.overcommit_memory=0")
    if memory.map_count < _LEAST_MAPS:
        return warn(seen, expected, "allow the kernel's default", f"sysctl vm.max_map_count={_LEAST_MAPS}")
    return ok(seen, expected)


CHECKS: Final = (ram, swap, shm_size, kernel_memory)
