"""Docker, asked through its own library: no layout needs it yet, but who has it broken should hear of it."""

import os
import shutil
from pathlib import Path

from voicectl.hardware.facts import Docker

_SOCKET = Path("/var/run/docker.sock")


def read_docker(socket: Path = _SOCKET) -> Docker:
    """The client's place, and what the engine says of itself."""
    client = shutil.which("docker")
    if not socket.exists() and "DOCKER_HOST" not in os.environ:
        problem = f"no engine listens on {socket}" if client else ""
        return Docker(client=client, engine=None, cgroup_version="", cgroup_driver="", problem=problem)
    from docker import DockerClient  # noqa: PLC0415 - loading it takes 150 ms, and most machines have no engine
    from docker.errors import DockerException  # noqa: PLC0415 - the same

    try:
        info = DockerClient.from_env(timeout=1).info()
    except DockerException as error:
        return Docker(client=client, engine=None, cgroup_version="", cgroup_driver="", problem=str(error))
    return Docker(
        client=client,
        engine=str(info.get("ServerVersion", "")),
        cgroup_version=str(info.get("CgroupVersion", "")),
        cgroup_driver=str(info.get("CgroupDriver", "")),
        problem="",
    )
