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


@check(
    "docker.gpu",
    group=_GROUP,
    why="nothing for this agent, whose services run in no container; other containers lose the GPU at work",
)
def docker_gpu(_: Config, facts: Facts) -> Outcome:
    """Containers that were given the GPU keep it."""
    docker, gpus = known(facts.docker), known(facts.gpus)
    has_toolkit = docker.nvidia_runtime or docker.cdi_driver is not None
    if docker.engine is None or not gpus.cards or not has_toolkit:
        return skip("no container is given a GPU, and none needs one")
    expected = "described for the driver that runs"
    if docker.cdi_driver is not None and gpus.driver is not None and docker.cdi_driver != gpus.driver:
        seen = f"described for driver {docker.cdi_driver}, and {gpus.driver} runs"
        return warn(seen, expected, "describe it anew", "nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml")
    # https://github.com/NVIDIA/nvidia-container-toolkit/issues/48: systemd takes the devices away when it reloads
    if docker.cgroup_driver == "systemd" and docker.cdi_driver is None and not docker.nvidia_char_links:
        seen = "`systemctl daemon-reload` would take the GPU away from running containers"
        return warn(seen, "kept", "link the devices", "nvidia-ctk system create-dev-char-symlinks --create-all")
    return ok(f"toolkit {docker.nvidia_toolkit or 'there'}", expected)


CHECKS: Final = (docker_version, docker_cgroup, docker_gpu)
