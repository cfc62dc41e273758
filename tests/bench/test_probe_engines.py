"""The probe against engines that answer, and against those that do not."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.machines.machine import machine
from voicectl.bench.probe_engines import probe_engines
from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.errors import ServiceError
from voicectl.planner.plan import make_plan
from voicectl.render.settings import settings_of

SETTINGS: dict[str, Any] = {
    "stt": [{"url": "http://stt", "model": "whisper-tiny.en"}],
    "tts": [{"url": "http://tts", "model": "piper"}],
    "llm": {"url": "http://llm", "model": "smollm2", "context_tokens": 2048, "instructions": "Be brief."},
}
CLIENT = httpx.Client
THOUGHT = {
    "message": {"role": "assistant", "content": "At nine."},
    "eval_count": 32,
    "eval_duration": 800_000_000,
}
Answer = Callable[[httpx.Request], httpx.Response]


def engines(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> list[httpx.Request]:
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer(request)

    monkeypatch.setattr(
        httpx,
        "Client",
        lambda **options: CLIENT(base_url=options.get("base_url", ""), transport=httpx.MockTransport(handle)),
    )
    return asked


def answers(request: httpx.Request) -> httpx.Response:
    host = request.url.host
    if host == "tts":
        return httpx.Response(200, content=b"\0" * 801)
    return httpx.Response(200, json={"text": "hello"} if host == "stt" else THOUGHT)


def test_every_engine_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the voice says is what the recogniser hears, in whole samples; the model's questions are new each time."""
    asked = engines(monkeypatch, answers)
    probe = probe_engines(SETTINGS)

    assert [request.url.host for request in asked] == ["tts"] * 3 + ["stt"] * 3 + ["llm"] * 4
    assert [len(request.content) for request in asked if request.url.host == "stt"] == [800] * 3
    asked_llm = [json.loads(request.content)["messages"] for request in asked if request.url.host == "llm"]
    assert len({json.dumps(messages[1]) for messages in asked_llm}) == len(asked_llm)
    assert all(messages[0] == {"role": "system", "content": "Be brief."} for messages in asked_llm)
    assert probe.tokens_s == 40.0
    assert probe.first_token_ms > 0
    assert (probe.stt, probe.tts, probe.llm) == ("whisper-tiny.en", "piper", "smollm2")
    assert probe.recognise_ms > 0
    assert probe.clause_ms > 0


def test_without_a_model_nothing_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script alone answers."""
    asked = engines(monkeypatch, answers)
    probe = probe_engines({**SETTINGS, "llm": None})

    assert "llm" not in {request.url.host for request in asked}
    assert (probe.llm, probe.first_token_ms, probe.tokens_s) == (None, 0.0, 0.0)


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: httpx.Response(503) if request.url.host == "stt" else answers(request),
        lambda request: httpx.Response(200, text="{") if request.url.host == "llm" else answers(request),
        lambda request: httpx.Response(200, json={}) if request.url.host == "llm" else answers(request),
        lambda request: httpx.Response(200, json=[]) if request.url.host == "llm" else answers(request),
    ],
)
def test_an_engine_that_fails_is_one_error(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do."""
    engines(monkeypatch, answer)

    with pytest.raises(ServiceError, match=r"E553 the engines: .*voicectl deploy"):
        probe_engines(SETTINGS)


def test_settings_that_are_none_are_one_error() -> None:
    """A file that somebody edited."""
    with pytest.raises(ServiceError, match="E553"):
        probe_engines({"tts": {}})
    with pytest.raises(ServiceError, match="E553"):
        probe_engines({**SETTINGS, "stt": []})


@pytest.mark.parametrize("profile", ["embedded", "cpu"])
def test_the_rendered_settings_can_be_probed(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `deploy` writes is what `plan --probe` reads."""
    config = parse_config(f'agent.profile = "{profile}"\nagent.language_model = {str(profile == "cpu").lower()}\n')
    plan = make_plan(config, machine("bare_vm"), load_models())
    hosts = {":8000": "stt", ":5002": "tts", ":11434": "llm"}
    engines(monkeypatch, lambda request: answers(httpx.Request("POST", f"http://{hosts[f':{request.url.port}']}")))
    probe = probe_engines(settings_of(config, plan, load_models()))

    assert (probe.stt, probe.tts) == ("whisper-tiny.en", "piper-en_US-joe-medium")
    assert (probe.llm is None) == (profile == "embedded")
