"""Docker, asked through its own library: no layout needs it yet, but who has it broken should hear of it."""

import os
import re
import shutil
from pathlib import Path
from typing import Any, Final

from voicectl.hardware.packages import installed_version
from voicectl.hardware.software_facts import Docker

_SOCKET: Final = Path("/var/run/docker.sock")
_BOUNDED_BY_THEMSELVES: Final = {"journald", "local", "none", "syslog"}
_CDI_DRIVER: Final = re.compile(r"libnvidia-ml\.so\.(\d+(?:\.\d+)+)")
_LARGEST_CDI_BYTES: Final = 1 << 20


def read_docker(socket: Path = _SOCKET, root: Path = Path("/")) -> Docker:
    """The client's place, what the engine says of itself, and what stands ready for GPUs in containers."""
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
    return _engine(client, info, root)


def _engine(client: str | None, info: dict[str, Any], root: Path) -> Docker:
    return Docker(
        client=client,
        engine=str(info.get("ServerVersion", "")),
        cgroup_version=str(info.get("CgroupVersion", "")),
        cgroup_driver=str(info.get("CgroupDriver", "")),
        problem="",
        rootless=any("rootless" in str(option) for option in info.get("SecurityOptions") or ()),
        live_restore=bool(info.get("LiveRestoreEnabled")),
        log_rotation=_rotates(str(info.get("LoggingDriver", "")), root / "etc/docker/daemon.json"),
        nvidia_toolkit=_toolkit(root),
        nvidia_runtime="nvidia" in (info.get("Runtimes") or {}),
        cdi_driver=_cdi_driver(root),
        nvidia_char_links=any("nvidia" in str(link.readlink()) for link in (root / "dev/char").glob("195:*")),
    )


def _rotates(driver: str, settings: Path) -> bool:
    """The engine does not tell its log options; its file does."""
    return driver in _BOUNDED_BY_THEMSELVES or (settings.exists() and "max-size" in settings.read_text("utf-8"))


def _toolkit(root: Path) -> str | None:
    version = installed_version("nvidia-container-toolkit", root)
    return version or ("" if (root / "usr/bin/nvidia-ctk").exists() else None)


def _cdi_driver(root: Path) -> str | None:
    """The description names the driver's library with its version."""
    for folder in ("etc/cdi", "var/run/cdi"):
        for path in sorted((root / folder).glob("*nvidia*.*")):
            with path.open("rb") as file:
                found = _CDI_DRIVER.search(file.read(_LARGEST_CDI_BYTES).decode("utf-8", errors="replace"))
            if found:
                return found[1]
    return None
