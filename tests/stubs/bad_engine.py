"""An engine at the end of a bad line, and the words for what is wrong with either: all tests of faults share them.

`timeout`, `bandwidth=8000`, `limit_data=700 slicer=100`, `reset_peer_s=0.03`: the line's faults, as `fault_proxy.py`
names them. `status=503`, `status=429 retry=1`, `html`, `nothing`, `24kHz`, `phantom`: another answer than the engine's.
`2000`: its own answer, so many milliseconds later. `ok`: all is well.
"""

from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from tests.stubs.engines import Stub
from tests.stubs.fault_proxy import Fault, FaultProxy

NONSENSE: Final[dict[str, Callable[[], web.Response]]] = {
    "html": lambda: web.Response(text="<html>It works!</html>", content_type="text/html"),
    "nothing": lambda: web.Response(headers={"X-Sample-Rate": "8000"}),
    "24kHz": lambda: web.Response(body=bytes(48000), headers={"X-Sample-Rate": "24000"}),
    "phantom": lambda: web.json_response(
        {"text": "Thank you.", "no_speech_prob": 0.9, "avg_logprob": -1.5, "inference_ms": 1.0}
    ),
}


class BadEngine:
    """A stub, and the line to it."""

    def __init__(self, stub: Stub) -> None:
        """The stub must be listening by then."""
        self.stub, self.proxy = stub, FaultProxy(stub.url)

    def becomes(self, how: str) -> None:
        """From now on every request fares so."""
        if how.isdigit():
            self.stub.delay_s = int(how) / 1000
            return
        self.stub.instead, self.proxy.fault = None, Fault()
        if how.startswith("status="):
            self.stub.instead = lambda: _refusal(how)
        elif how in NONSENSE:
            self.stub.instead = NONSENSE[how]
        elif how != "ok":
            self.proxy.fault = _fault(how)

    def fails_once(self, how: str) -> None:
        """The next request alone fares so."""
        if how.startswith("status="):
            self.stub.next.append(lambda: _refusal(how))
        elif how in NONSENSE:
            self.stub.next.append(NONSENSE[how])
        else:
            self.proxy.next.append(_fault(how))


def _refusal(how: str) -> web.Response:
    words = _words(how)
    headers = {"Retry-After": words["retry"]} if "retry" in words else {}
    return web.Response(status=int(words["status"]), headers=headers)


def _fault(how: str) -> Fault:
    kinds: dict[str, Any] = {"timeout": lambda _: True, "slicer": int}
    return Fault(**{name: kinds.get(name, float)(value) for name, value in _words(how).items()})


def _words(how: str) -> dict[str, str]:
    return {name: value for name, _, value in (word.partition("=") for word in how.split())}
