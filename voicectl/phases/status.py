"""What runs, since when, and how a phone reaches it."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from voicectl.errors import ServiceError
from voicectl.hardware.supervisor import Process, Supervisor, log_end, restarts
from voicectl.phases.draining import Draining, draining
from voicectl.phases.memory import memory_mib
from voicectl.phases.wait_healthy import is_ready
from voicectl.render.places import Places

_SIP: Final = ("address", "port", "transport", "extension", "username", "password_file", "codecs")


@dataclass(frozen=True)
class ServiceStatus:
    """One service, for the operator."""

    name: str
    state: str
    pid: int | None
    uptime_s: int | None
    restarts: int
    """How often it ended by itself since Supervisor began."""
    memory_mib: int | None
    healthy: bool | None
    """None where running is all that can be asked of it."""


@dataclass(frozen=True)
class Status:
    """The running agent."""

    services: tuple[ServiceStatus, ...]
    sip: Mapping[str, Any]
    draining: tuple[Draining, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether a caller will be served."""
        return bool(self.services) and all(one.state == "RUNNING" and one.healthy is not False for one in self.services)

    def to_dict(self) -> dict[str, object]:
        """The body of `voicectl.status/1`."""
        services = [asdict(one) for one in self.services]
        draining = [asdict(one) for one in self.draining]
        return {"ok": self.ok, "services": services, "draining": draining, "sip": dict(self.sip)}


def status_of(places: Places, ask: Callable[[], Iterable[Process]] | None = None) -> Status:
    """Look at the agent.

    Raises:
        ServiceError: E513, nothing is deployed; E514, this user may not look; E510, Supervisor does not answer.
    """
    try:
        settings = json.loads(places.settings.read_text(encoding="utf-8"))
        if not places.supervisor_socket.exists():
            raise ServiceError("E515", str(places.prefix), "the agent is stopped", fix="`voicectl deploy` starts it")
    except FileNotFoundError:
        raise ServiceError(
            "E513", str(places.prefix), "nothing is deployed there", fix="run `voicectl deploy`"
        ) from None
    except PermissionError:
        raise ServiceError("E514", str(places.run), "only root may look", fix="sudo voicectl status") from None
    health = _health(settings)
    counted = restarts(log_end(places.log / "supervisord.log"))
    found = {one.name: one for one in (ask or Supervisor(places.supervisor_socket).processes)()}
    in_order = [*(name for name in health if name in found), *(name for name in found if name not in health)]
    return Status(
        services=tuple(_service(found[name], counted.get(name, 0), health.get(name)) for name in in_order),
        sip={key: settings["sip"][key] for key in _SIP},
        draining=draining(places),
    )


def _health(settings: Mapping[str, Any]) -> dict[str, str | None]:
    """By service, in the order of their start: what answers when it is ready for calls."""
    llm = settings["llm"]
    return {
        "asterisk-pbx": None,
        "stt-service": f"{settings['stt'][0]['url']}/health",
        "tts-service": f"{settings['tts'][0]['url']}/health",
        **({"llm-service": f"{llm['url']}/api/version"} if llm else {}),
        "orchestrator": f"http://127.0.0.1:{settings['orchestrator']['health_port']}/health",
    }


def _service(process: Process, restarted: int, url: str | None) -> ServiceStatus:
    return ServiceStatus(
        name=process.name,
        state=process.state,
        pid=process.pid,
        uptime_s=process.uptime_s,
        restarts=restarted,
        memory_mib=memory_mib(process.pid) if process.pid else None,
        healthy=is_ready(url) if url else None,
    )
