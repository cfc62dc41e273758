"""The one list of what runs: every layout is written from it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from voicectl.catalogue.model import Kind, Model
from voicectl.config.sections import Config
from voicectl.planner.plan import Plan
from voicectl.render.places import Places, places_of
from voicectl.render.rendered import Rendered
from voicectl.render.runtime_digest import runtime_digest
from voicectl.render.settings import engine_of

PBX_USER = "voicectl-pbx"
ENGINES_USER = "voicectl"


@dataclass(frozen=True, kw_only=True)
class Service:
    """A program that runs as long as the agent does."""

    name: str
    command: tuple[str, ...]
    user: str
    environment: Mapping[str, str]
    priority: int
    """Lower starts first."""
    inputs: Mapping[str, str]
    """What the program reads, with its sha256."""
    port: int
    health: str | None = None
    """Answers 200 when the service is ready for calls."""
    stop_s: int = 10
    """How long it may take to leave."""

    @property
    def reads(self) -> dict[str, str]:
        """All that decides how the program behaves, with its sha256: it is restarted when one of these changes."""
        start = {"command": self.command, "user": self.user, "environment": dict(self.environment)}
        return {**self.inputs, f"etc/supervisord.conf#{self.name}": _digest(start)}

    @property
    def digest(self) -> str:
        """Changes when the program must be restarted."""
        return _digest(self.reads)


def services(
    config: Config, plan: Plan, models: Mapping[str, Model], files: Mapping[str, Rendered]
) -> tuple[Service, ...]:
    """The services in the order of their start.

    Args:
        config: the operator's wishes.
        plan: which engines answer.
        models: the catalogue, whose digests say when a model changed.
        files: what `render` made; `supervisord.conf` itself is not looked at.
    """
    build = _Builder(config, plan, models, files, places_of(config))
    engines = (build.stt(), build.tts(), *([build.llm()] if engine_of(plan, models, "llm") else []))
    return (build.asterisk(), *engines, build.orchestrator())


@dataclass(frozen=True)
class _Builder:
    config: Config
    plan: Plan
    models: Mapping[str, Model]
    files: Mapping[str, Rendered]
    places: Places

    def asterisk(self) -> Service:
        own = {name: file.digest for name, file in self.files.items() if name.startswith("etc/asterisk/")}
        return Service(
            name="asterisk-pbx",
            command=(str(self.places.asterisk), "-f"),
            user=PBX_USER,
            # Asterisk and its libraries look into $HOME, and supervisord's is root's.
            environment={"HOME": str(self.places.asterisk_state), "LANG": "C.UTF-8"},
            priority=10,
            inputs={**own, "bin/asterisk": self.files["bin/asterisk"].digest},
            port=self.config.sip.port,
        )

    def stt(self) -> Service:
        return self._engine("stt", 20, self.config.services.stt_port)

    def tts(self) -> Service:
        return self._engine("tts", 30, self.config.services.tts_port)

    def llm(self) -> Service:
        port, settings = self.config.services.llm_port, self.plan.settings
        return Service(
            name="llm-service",
            command=(str(self.places.ollama), "serve"),
            user=ENGINES_USER,
            environment={
                "HOME": str(self.places.ollama_home),
                "OLLAMA_HOST": f"127.0.0.1:{port}",
                "OLLAMA_MODELS": str(self.places.ollama_home),
                **{one.name: one.value for one in settings.environment},
                # Another agent may share this folder, and be adding a model of its own.
                "OLLAMA_NOPRUNE": "1",
            },
            priority=40,
            inputs=self._models("llm"),
            port=port,
            health=f"http://127.0.0.1:{port}/api/version",
        )

    def orchestrator(self) -> Service:
        port = self.config.services.orchestrator_port
        files = {name: self.files[name].digest for name in ("etc/settings.json", "etc/script.toml")}
        return Service(
            name="orchestrator",
            # Not the orchestrator itself: its keeper, which can leave it to its last calls when a newer one starts.
            command=self._python("orchestrator", "orchestrator.keeper"),
            user=PBX_USER,
            environment=self._environment(),
            priority=50,
            inputs={
                **files,
                **self._models("matcher", "vad", "turn"),
                **self._code("orchestrator"),
            },
            port=port,
            health=f"http://127.0.0.1:{port}/health",
            stop_s=15,
        )

    def _engine(self, name: Literal["stt", "tts"], priority: int, port: int) -> Service:
        settings = json.loads(self.files["etc/settings.json"].text)
        # Only what it looks at: another greeting is no reason to load a model anew.
        section = {f"etc/settings.json#{name}": _digest([settings[name], settings["agent"]["language"]])}
        return Service(
            name=f"{name}-service",
            command=self._python(name, name),
            user=ENGINES_USER,
            # An engine that spins while it waits takes the core from the one that works.
            environment={**self._environment(), "OMP_WAIT_POLICY": "passive"},
            priority=priority,
            inputs={**section, **self._models(name), **self._code(name)},
            port=port,
            health=f"http://127.0.0.1:{port}/health",
        )

    def _python(self, part: str, module: str) -> tuple[str, ...]:
        program = f"voicectl_runtime.{module}"
        return (str(self.places.python(part)), "-m", program, "--settings", str(self.places.settings))

    def _environment(self) -> dict[str, str]:
        return {
            "HOME": "/nonexistent",
            "LANG": "C.UTF-8",
            # Nothing leaves this machine: ONNX Runtime reports its use to its maker unless told otherwise, and
            # Faster-Whisper would look for models on the hub.
            "ORT_DISABLE_TELEMETRY": "1",
            "HF_HUB_OFFLINE": "1",
            "VOICECTL_LOG_LEVEL": self.config.log.level,
        }

    def _models(self, *kinds: Kind) -> dict[str, str]:
        engines = [engine for kind in kinds if (engine := engine_of(self.plan, self.models, kind))]
        return {
            f"models/{engine.model}/{file.name}": file.sha256
            for engine in engines
            for file in self.models[engine.model].files
        }

    def _code(self, part: str) -> dict[str, str]:
        return {f"runtime/{part}": runtime_digest(part)}


def _digest(data: object) -> str:
    return sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
