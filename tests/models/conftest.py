"""A hub on this machine that can misbehave in every way that the real ones do."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from voicectl.models.download import Downloader


@dataclass
class Hub:
    """What it serves, how it misbehaves, and what it was asked for."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    """Bytes after which each of the next answers breaks off."""
    ignores_ranges: bool = False
    wrong_range: bool = False
    chunked: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range header of each request."""


@dataclass
class Heard:
    """What a fetch told its operator."""

    said: list[str] = field(default_factory=list)
    seen: list[tuple[str, int, int]] = field(default_factory=list)

    def say(self, message: str) -> None:
        """Keep it."""
        self.said.append(message)

    def progress(self, what: str, done_bytes: int, total_bytes: int) -> None:
        """Keep it."""
        self.seen.append((what, done_bytes, total_bytes))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub

    def handle_error(self, *_: Any) -> None:
        """Nothing: a client that hangs up is part of the game."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.hub.asked.append((self.path, self.headers["Range"]))
        body = self.server.hub.files.get(self.path)
        if body is None:
            self.send_error(404)
            return
        start = self._start()
        if start >= len(body):
            self.send_error(416)
            return
        self._answer(body[start:], start, len(body))

    def _start(self) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
        return int(found[1]) if found and not self.server.hub.ignores_ranges else 0

    def _answer(self, body: bytes, start: int, whole: int) -> None:
        self.send_response(206 if start else 200)
        if self.path.endswith("/"):
            self.send_header("Content-Type", "text/html")
        if start:
            first = start + 1 if self.server.hub.wrong_range else start
            self.send_header("Content-Range", f"bytes {first}-{whole - 1}/{whole}")
        if self.server.hub.chunked:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.hub.cut_after:
            body = body[: self.server.hub.cut_after.pop(0)]
            self.close_connection = True
        with suppress(OSError):  # the client hangs up on an answer that it refuses
            self.wfile.write(body)
        self.close_connection |= self.server.hub.chunked

    def log_message(self, *_: Any) -> None:
        """Nothing: the test reads `asked`."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub on a free port of the loopback address."""
    served = Hub()
    server = _Server(served)
    served.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def pauses() -> list[float]:
    """The waits that a download asked for; none is waited."""
    return []


@pytest.fixture
def downloader(heard: Heard, pauses: list[float]) -> Iterator[Downloader]:
    with httpx.Client(timeout=10, trust_env=False) as client:
        wait: Callable[[float], None] = pauses.append
        yield Downloader(client, heard, wait)
