"""The running agent, as it is read: nothing deployed, stopped, and an Ollama that may be anybody."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from voicectl.config.load import parse_config
from voicectl.config.sections import Config
from voicectl.hardware.facts import LoadedModel, Service, Services
from voicectl.hardware.services import read_services
from voicectl.hardware.supervisor import Process, Supervisor

Answer = Callable[[str], Config]
FOR_EVER = {"name": "qwen", "expires_at": "2318-11-05T10:00:00.123456789Z", "context_length": 4096}
FIVE_MINUTES = {"name": "other", "expires_at": "2020-01-01T00:00:00+01:00"}


@pytest.fixture
def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    """An agent with a language model, whose server answers every question with this text."""
    servers: list[HTTPServer] = []
    running = Process("llm-service", "RUNNING", 7, 60, "")
    monkeypatch.setattr(Supervisor, "processes", lambda _: (running,))
    for name in ("etc/settings.json", "run/supervisor.sock"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()

    def _start(text: str) -> Config:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return parse_config(f'deploy.prefix = "{tmp_path}"\nservices.llm_port = {server.server_port}')

    yield _start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_nothing_is_deployed_or_the_agent_is_stopped(tmp_path: Path) -> None:
    """Neither is an error; a socket that nobody listens on is an agent that does not run."""
    config = parse_config(f'deploy.prefix = "{tmp_path}"')
    assert read_services(config) == Services(deployed=False, running=(), loaded=())

    for name in ("etc/settings.json", "run/supervisor.sock"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
        assert read_services(config) == Services(deployed=True, running=(), loaded=())


def test_what_runs_and_what_is_loaded(answer: Answer) -> None:
    """A date centuries from now means for ever."""
    found = read_services(answer(json.dumps({"models": [FOR_EVER, FIVE_MINUTES]})))

    assert found.running == (Service("llm-service", "RUNNING", 60, 0, healthy=True),)
    assert found.loaded == (
        LoadedModel("qwen", stays=True, context_tokens=4096),
        LoadedModel("other", stays=False, context_tokens=None),
    )


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"models": 7}', '{"models": [7]}', '{"models": [{"name": "x"}]}']
)
def test_a_stranger_on_the_port_is_no_model(answer: Answer, text: str) -> None:
    """Whatever it answers."""
    assert read_services(answer(text)).loaded == ()
