"""Ollama's chat on a fixed port: whatever a test wants the model to write, and what it was told."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Message = dict[str, Any]
Think = Callable[[Sequence[Message]], Sequence[Message]]
"""From the messages of a request to the parts of the answer."""


def calling(name: str, **arguments: object) -> Message:
    """A tool call, as Ollama hands it on."""
    return {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": name, "arguments": arguments}}]}


def saying(words: str) -> Message:
    """Words."""
    return {"role": "assistant", "content": words}


class StubOllama:
    """Thinks what the test says."""

    def __init__(self) -> None:
        self.think: Think = lambda _: [saying("Hello.")]
        self.told: list[str] = []
        """What tools have told the model."""

    @contextmanager
    def listening(self, port: int) -> Iterator[None]:
        """On loopback, until the block ends."""
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer([{"version": "stub"}])

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(stub.answer(asked))

            def log_message(self, *_: object) -> None:
                pass

            def _answer(self, lines: Sequence[object]) -> None:
                body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-ndjson")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield
            finally:
                server.shutdown()

    def answer(self, asked: Any) -> list[dict[str, Any]]:
        """The lines of a response; a model that only loads or reads says nothing."""
        if not asked.get("stream"):
            return [{"message": saying(""), "response": "", "done": True}]
        self.told += [each["content"] for each in asked["messages"] if each["role"] == "tool"]
        return [{"message": each, "done": False} for each in self.think(asked["messages"])] + [
            {"message": saying(""), "done": True}
        ]
