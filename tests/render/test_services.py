"""Which services run, in which order, and what makes each of them start anew."""

from dataclasses import replace

import pytest

from tests.render.agents import MODELS, case, plan_of, rendered, services_of
from voicectl.config.load import parse_config
from voicectl.render.services import Service, services


def digests(toml: str) -> dict[str, str]:
    return {service.name: service.digest for service in services_of(parse_config(toml))}


def changed(toml: str) -> set[str]:
    """The services that start anew when the defaults become this."""
    before, after = digests(""), digests(toml)
    return {name for name in before if before[name] != after[name]}


def named(name: str, config_case: str = "cpu") -> Service:
    return next(service for service in services_of(case(config_case)) if service.name == name)


def test_services_start_in_the_order_of_the_list() -> None:
    """The exchange first, the orchestrator when its engines are there; a language model only where one speaks."""
    assert [service.name for service in services_of(case("cpu"))] == [
        "asterisk-pbx",
        "stt-service",
        "tts-service",
        "llm-service",
        "orchestrator",
    ]
    assert "llm-service" not in {service.name for service in services_of(case("embedded"))}
    priorities = [service.priority for service in services_of(case("cpu"))]
    assert priorities == sorted(priorities)


@pytest.mark.parametrize(
    ("toml", "restarted"),
    [
        ("", set()),
        ('agent.greeting = "Hi"', {"orchestrator"}),
        ("turns.stop_ms = 300", {"orchestrator"}),
        ("services.stt_port = 8001", {"stt-service", "orchestrator"}),
        ("services.tts_port = 5003", {"tts-service", "orchestrator"}),
        ("services.supervisor_port = 9002", set()),
        ("sip.port = 5070", {"asterisk-pbx", "orchestrator"}),
        ("calls.most = 2", {"asterisk-pbx", "orchestrator"}),
        ('log.level = "DEBUG"', {"stt-service", "tts-service", "orchestrator"}),
    ],
)
def test_a_change_restarts_what_reads_it(toml: str, restarted: set[str]) -> None:
    """Another greeting loads no model anew, and another port disturbs no other service."""
    assert changed(toml) == restarted


def test_another_model_restarts_its_engine() -> None:
    """A model is the digests of its files: other bytes under the same name are another model."""
    config = parse_config("")
    files = rendered(config)
    model = MODELS["whisper-tiny.en"]
    other = replace(model, files=(replace(model.files[0], sha256="0" * 64), *model.files[1:]))

    before = services(config, plan_of(config), MODELS, files)
    after = services(config, plan_of(config), {**MODELS, model.id: other}, files)

    assert [b.name for b, a in zip(before, after, strict=True) if b.digest != a.digest] == ["stt-service"]


def test_another_runtime_restarts_what_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade of voicectl reaches the running services."""
    before = digests("")
    monkeypatch.setattr("voicectl.render.services.runtime_digest", lambda part: f"another {part}")
    after = digests("")

    assert {name for name in before if before[name] != after[name]} == {"stt-service", "tts-service", "orchestrator"}


def test_the_orchestrator_may_touch_what_asterisk_owns() -> None:
    """The two share files and processes; the engines are kept apart from both."""
    users = {service.name: service.user for service in services_of(case("cpu"))}

    assert users["asterisk-pbx"] == users["orchestrator"] == "voicectl-pbx"
    assert users["stt-service"] == users["tts-service"] == users["llm-service"] == "voicectl"


def test_the_language_model_stays_loaded_and_refuses_early() -> None:
    """A late answer is worse than none, and nobody waits for a model to be read from disk."""
    environment = named("llm-service").environment

    assert environment["OLLAMA_HOST"] == "127.0.0.1:15062"
    assert environment["OLLAMA_KEEP_ALIVE"] == "-1"
    assert int(environment["OLLAMA_MAX_QUEUE"]) <= 4
    assert environment["OLLAMA_MODELS"] == environment["HOME"] == "/srv/agents/store/models/ollama"


def test_every_engine_says_when_it_is_ready() -> None:
    """Deploy waits for these; Asterisk is asked on its own console instead."""
    health = {service.name: service.health for service in services_of(case("cpu"))}

    assert health == {
        "asterisk-pbx": None,
        "stt-service": "http://127.0.0.1:15061/health",
        "tts-service": "http://127.0.0.1:15063/health",
        "llm-service": "http://127.0.0.1:15062/api/version",
        "orchestrator": "http://127.0.0.1:15064/health",
    }
