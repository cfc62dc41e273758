"""The agent's own services, where one is deployed: what Supervisor says of them, and what they say themselves."""

import http.client
import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from voicectl.config.sections import Config
from voicectl.errors import ServiceError
from voicectl.hardware.facts import Unknown
from voicectl.hardware.probe import Probe, ask_all
from voicectl.hardware.software_facts import LoadedModel, Service, Services
from voicectl.hardware.supervisor import Process, Supervisor, log_end, restarts

_PATIENCE_S: Final = 1.0
_LARGEST_ANSWER_BYTES: Final = 1 << 20
_FOR_GOOD: Final = timedelta(days=365)
"""Ollama writes "for ever" as a date centuries from now."""
_LANGUAGE_MODEL: Final = "llm-service"


def read_services(config: Config) -> Services:
    """Nothing where nothing was deployed; nothing that runs where the agent is stopped.

    Raises:
        OSError: this user may not look.
    """
    prefix = config.deploy.prefix
    if not (prefix / "etc/settings.json").exists():
        return Services(deployed=False, running=(), loaded=())
    if not (prefix / "run/supervisor.sock").exists():
        return Services(deployed=True, running=(), loaded=())
    try:
        processes = Supervisor(prefix / "run/supervisor.sock").processes()
    except ServiceError:  # it was killed, and left its socket behind
        return Services(deployed=True, running=(), loaded=())
    counted = restarts(log_end(prefix / "log/supervisord.log"))
    urls = _urls(config)
    asked = {one.name: urls[one.name] for one in processes if one.name in urls}
    healthy = ask_all({name: Probe(partial(answers, url, _PATIENCE_S), _PATIENCE_S) for name, url in asked.items()})
    speaks = any(one.name == _LANGUAGE_MODEL for one in processes)
    return Services(
        deployed=True,
        running=tuple(_service(one, counted, healthy.get(one.name)) for one in processes),
        loaded=tuple(_loaded(config.services.llm_port)) if speaks else (),
    )


def answers(url: str, patience_s: float) -> bool:
    """Whether a service says that it is ready."""
    try:
        with urllib.request.urlopen(url, timeout=patience_s) as answer:  # noqa: S310 - our own services on loopback
            return bool(answer.status == http.HTTPStatus.OK)
    except (OSError, http.client.HTTPException):  # refused, 503 while it warms up, or no answer in time
        return False


def _urls(config: Config) -> dict[str, str]:
    ports = config.services
    asked = {
        "stt-service": (ports.stt_port, "health"),
        "tts-service": (ports.tts_port, "health"),
        _LANGUAGE_MODEL: (ports.llm_port, "api/version"),
        "orchestrator": (ports.orchestrator_port, "health"),
    }
    return {name: f"http://127.0.0.1:{port}/{path}" for name, (port, path) in asked.items()}


def _service(process: Process, counted: dict[str, int], healthy: bool | Unknown | None) -> Service:
    return Service(
        name=process.name,
        state=process.state,
        uptime_s=process.uptime_s,
        ended=counted.get(process.name, 0),
        healthy=False if isinstance(healthy, Unknown) else healthy,
    )


def _loaded(port: int) -> Iterator[LoadedModel]:
    """Ollama's list of what is in memory; whatever has that port now may answer anything."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/ps", timeout=_PATIENCE_S) as answer:
            document = json.loads(answer.read(_LARGEST_ANSWER_BYTES))
        for model in document["models"]:
            yield _model(model)
    except (OSError, http.client.HTTPException, ValueError, TypeError, KeyError):
        return


def _model(model: dict[str, Any]) -> LoadedModel:
    expires, context = datetime.fromisoformat(str(model["expires_at"])), model.get("context_length")
    at = expires if expires.tzinfo else expires.replace(tzinfo=UTC)
    return LoadedModel(
        name=str(model["name"]),
        stays=at - datetime.now(UTC) > _FOR_GOOD,
        context_tokens=context if isinstance(context, int) else None,
    )
