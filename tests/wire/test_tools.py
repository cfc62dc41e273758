"""What a language model may have done, heard by the caller: the deployed agent with a stub in Ollama's place."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final

import pytest

from tests.stubs.ollama import StubOllama, calling, saying
from tests.wire.agent import Agent
from tests.wire.inside import Inside
from tests.wire.live_call import LiveCall
from tests.wire.live_call import calling as on_the_phone
from tests.wire.patience import until

pytestmark = [pytest.mark.wire, pytest.mark.timeout(180)]

LOOKED_UP_S: Final = 1.5


@pytest.fixture(scope="module")
def inside(thinking_agent: Agent) -> Inside:
    return Inside(thinking_agent)


@pytest.fixture
def model(inside: Inside) -> Iterator[StubOllama]:
    """In Ollama's place; afterwards no trace of a call is left."""
    inside.wait_until_ready()
    inside.supervise("stop", "llm-service")
    stub = StubOllama()
    try:
        with stub.listening(int(inside.settings["llm"]["url"].rpartition(":")[2])):
            yield stub
            inside.wait_until_quiet()
    finally:
        inside.supervise("start", "llm-service")


@contextmanager
def asking(inside: Inside) -> Iterator[tuple[LiveCall, float]]:
    """A caller who has asked what the script does not answer, and the moment when they had."""
    with on_the_phone(inside.port) as call:
        until(lambda: call.voice_after(0.0), 10, "the greeting is heard")
        until(lambda: call.silent_for_s() > 0.7, 30, "the agent is silent")
        call.say("how do volcanoes erupt")
        yield call, until(lambda: call.stopped_s, 10, "the question was asked")


def hears(inside: Inside, call: LiveCall, words: str, since_s: float) -> str:
    """Wait for these words; returns all that was heard since."""
    until(lambda: words in inside.said(call.sound_after(since_s)), 15, f"{words!r} was understood", every_s=0.5)
    until(lambda: call.silent_for_s() > 0.7 or call.ended_s, 20, "the agent is silent")
    return inside.said(call.sound_after(since_s))


def test_transfer_to_a_person_of_the_configuration(inside: Inside, model: StubOllama) -> None:
    """Nobody is at the reception's telephone, so the agent comes back."""
    model.think = lambda _: [saying("I will put you through to them now."), calling("transfer", to="reception")]
    with asking(inside) as (call, since_s):
        hears(inside, call, "put you through", since_s)
        hears(inside, call, "nobody is free", since_s)
    until(lambda: _ends(inside, call) == ["transfer", "caller"], 5, "both parts of the call have their end")


def _ends(inside: Inside, call: LiveCall) -> list[str | None]:
    rows = inside.rows("SELECT ended_by FROM calls WHERE sip_call_id = ? ORDER BY started", call.sip_call_id)
    return [row["ended_by"] for row in rows]


def test_transfer_to_a_number_of_the_models(inside: Inside, model: StubOllama) -> None:
    """Nobody is called; the caller hears that they were not understood, and the call goes on."""
    model.think = lambda _: [calling("transfer", to="+19005551234")]
    with asking(inside) as (call, since_s):
        hears(inside, call, "did not understand", since_s)
        assert inside.channels() == 1
    assert inside.closed_row(call.sip_call_id)["ended_by"] == "caller"


def test_look_up_that_is_slow(inside: Inside, model: StubOllama) -> None:
    """A filler is heard while it takes its time, and then what the model makes of it."""
    model.think = lambda said: (
        [saying("Your parcel arrives on Friday.")] if said[-1]["role"] == "tool" else [calling("parcels", number="7")]
    )
    port = int(inside.settings["look_ups"][0]["url"].rpartition(":")[2].strip("/"))
    with slow_service(port, "Friday"), asking(inside) as (call, since_s):
        heard = hears(inside, call, "friday", since_s)
    assert heard.index("moment") < heard.index("friday")
    assert model.told == ["Friday"]


def test_end_of_the_call(inside: Inside, model: StubOllama) -> None:
    """After the model's own words."""
    model.think = lambda _: [saying("Goodbye and thank you for calling us."), calling("end_call")]
    with asking(inside) as (call, since_s):
        hears(inside, call, "thank you for calling", since_s)
        until(lambda: call.ended_s, 10, "the agent hung up")
    assert inside.closed_row(call.sip_call_id)["ended_by"] == "agent"


def test_bare_json_is_done_and_not_spoken(inside: Inside, model: StubOllama) -> None:
    """The caller hears a goodbye, and no data."""
    model.think = lambda _: [saying(each) for each in ('{"name": "end', '_call", "argum', 'ents": {}}')]
    with asking(inside) as (call, since_s):
        heard = hears(inside, call, "goodbye", since_s)
        until(lambda: call.ended_s, 10, "the agent hung up")
    assert not [word for word in ("name", "argument", "call end", "end call") if word in heard]


def test_digits_for_the_model(inside: Inside, model: StubOllama) -> None:
    """Keys stop the question and reach the model, and stand nowhere in what is written down."""
    model.think = lambda said: (
        [saying("Thank you, that number is right.")]
        if said[-1]["role"] == "tool"
        else [saying("Please type the whole of your number on the keys now."), calling("collect_digits", most=8)]
    )
    with asking(inside) as (call, since_s):
        until(lambda: "please type" in inside.said(call.sound_after(since_s)), 15, "the question is heard", every_s=0.3)
        for key in "90417#":
            pressed_s = call.press(key)
        hears(inside, call, "number is right", pressed_s)
        call_id = inside.row(call.sip_call_id)["id"]
    assert model.told == ["The caller typed 90417."]
    written = [tuple(row) for row in inside.rows("SELECT * FROM turns WHERE call_id = ?", call_id)]
    written += [tuple(row) for row in inside.rows("SELECT turn, name, detail FROM events WHERE call_id = ?", call_id)]
    assert "digits_typed" in str(written)
    assert "90417" not in str(written)
    assert "90417" not in inside.agent.run("logs", "orchestrator").stdout


@contextmanager
def slow_service(port: int, text: str) -> Iterator[None]:
    """A look-up of the operator's that takes its time."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(LOOKED_UP_S)
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
