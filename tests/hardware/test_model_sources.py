"""Where models could come from, asked of a hub on this machine."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from voicectl.catalogue.models import HubSource, Model, ModelFile
from voicectl.hardware.model_sources import read_model_sources

Hub = Callable[[int], dict[str, Model]]


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A catalogue with one language model, on a hub that answers with this status."""
    servers: list[HTTPServer] = []

    def _start(status: int) -> dict[str, Model]:
        class Answer(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.send_response(status if self.path == "/blob" else 500)
                self.send_header("Location", "http://192.0.2.1/")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Tests are quiet."""

        server = HTTPServer(("127.0.0.1", 0), Answer)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return catalogue(server.server_port)

    yield _start
    for server in servers:
        server.shutdown()
        server.server_close()


def catalogue(port: int) -> dict[str, Model]:
    source = HubSource(hub="here", repo="r", address=f"http://127.0.0.1:{port}/{{path}}", files={"m.gguf": "blob"})
    file = ModelFile(name="m.gguf", bytes=5, sha256="0" * 64)
    return {"qwen": Model("qwen", "llm", "ollama", "Qwen", "Apache-2.0", "", (file,), (source,))}


@pytest.mark.parametrize(("status", "reachable"), [(200, True), (307, True), (403, False), (404, False), (502, False)])
def test_the_hub_counts_when_it_has_the_file(hub: Hub, status: int, reachable: bool) -> None:
    """A redirect to its storage is a yes, and is not followed; a proxy's refusal is a no."""
    sources = read_model_sources(hub(status), ())

    assert sources.hub_reachable is reachable
    assert (str(status) in sources.hub_problem) is not reachable


def test_no_hub_is_tolerated() -> None:
    """The reason is kept; nothing is raised."""
    sources = read_model_sources(catalogue(1), ())

    assert not sources.hub_reachable
    assert "refused" in sources.hub_problem


@pytest.mark.parametrize(("content", "held"), [("12345", ("qwen",)), ("1234", ())])
def test_a_model_counts_when_all_of_it_is_there(content: str, held: tuple[str, ...], tmp_path: Path) -> None:
    """Half a download is no model."""
    (tmp_path / "qwen").mkdir()
    (tmp_path / "qwen/m.gguf").write_text(content, encoding="ascii")

    assert read_model_sources(catalogue(1), (tmp_path / "empty", tmp_path)).in_store == held
