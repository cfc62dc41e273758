"""Is Docker there, for what needs it?"""

from typing import Final

from voicectl.config.sections import Config
from voicectl.doctor.check import Outcome, check, ok, skip, warn
from voicectl.doctor.version import series_of
from voicectl.hardware.facts import Facts, known

_GROUP: Final = "docker"
_OLDEST: Final = (20, 10)


@check(
    "docker.version",
    group=_GROUP,
    why="nothing, while every service runs under Supervisor: that layout needs no Docker",
)
def docker_version(_: Config, facts: Facts) -> Outcome:
    """The engine that answers, where there is one."""
    docker = known(facts.docker)
    if docker.engine is None:
        return skip(docker.problem or "not installed, and not needed")
    expected = f"{'.'.join(map(str, _OLDEST))} or later"
    if series_of(docker.engine) < _OLDEST:
        return warn(docker.engine, expected, "upgrade it", "apt-get install docker.io")
    return ok(docker.engine, expected)


@check(
    "docker.cgroup",
    group=_GROUP,
    why="under the old control groups a container's limits are not kept, and one engine starves the others",
)
def docker_cgroup(_: Config, facts: Facts) -> Outcome:
    """Control groups of version 2."""
    docker = known(facts.docker)
    if docker.engine is None:
        return skip("no engine")
    seen = f"version {docker.cgroup_version}, driver {docker.cgroup_driver}"
    if docker.cgroup_version == "2":
        return ok(seen, "version 2")
    return warn(
        seen, "version 2", "start the kernel with it", "systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
    )


CHECKS: Final = (docker_version, docker_cgroup)
