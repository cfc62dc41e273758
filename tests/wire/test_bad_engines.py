"""Engines that die, hang, lie or crawl in the middle of a call: what the caller hears on the wire, and when.

The rows are those of the fault table; the same on a virtual clock, with exact times, stand in
`tests/runtime/orchestrator/faults/rows.txt`. Here everything but the fault is real: Asterisk, RTP, recogniser, voice.
The language model alone is a stub. `ask` sees to it that no silence lasts longer than three seconds.
"""

from collections.abc import Iterator

import pytest

from tests.wire.agent import Agent
from tests.wire.bad_lines import BadLines, on_bad_lines
from tests.wire.inside import Inside
from tests.wire.listening import ask
from tests.wire.live_call import LiveCall, calling
from tests.wire.patience import until, until_moment
from voicectl_runtime.orchestrator.engines.ladder import PROBE_EVERY_S

pytestmark = [pytest.mark.wire, pytest.mark.timeout(120)]

# Said in one breath: a fault that comes once is not spent on a pause.
HOURS = "what are your opening hours"
PARKING = "where can I park"
BEYOND = "how do volcanoes erupt"
APOLOGY = "something went wrong"
FILLER = "one moment"
LONG = "Melted rock rises from deep below the ground, and then it breaks through the mountain as hot lava."


@pytest.fixture(scope="module")
def inside(agent: Agent) -> Inside:
    """The agent, which knows its real engines."""
    inside = Inside(agent)
    inside.wait_until_ready()
    inside.wait_until_quiet()
    return inside


@pytest.fixture(scope="module")
def lines(inside: Inside) -> Iterator[BadLines]:
    """One orchestrator for all rows."""
    with on_bad_lines(inside, lambda _: None) as lines:
        yield lines


@pytest.fixture
def bad(lines: BadLines) -> Iterator[BadLines]:
    """Lines that are bad in one test alone."""
    yield lines
    lines.heal()


ROWS = {
    "2 the recogniser accepts and never answers": ("stt", "timeout", PARKING, (FILLER, APOLOGY)),
    "3 the line to the recogniser is reset in the middle": ("stt", "once reset_peer_s=0.03", HOURS, ("monday",)),
    "4 the recogniser fails": ("stt", "status=500", PARKING, (APOLOGY,)),
    "4 the recogniser is busy and says when it is not": ("stt", "once status=429 retry=1", HOURS, ("monday",)),
    "6 the recogniser is slow": ("stt", "2000", PARKING, (FILLER, "parking")),
    "7 the model refuses connections": ("llm", "dead", BEYOND, (APOLOGY,)),
    "8 the model accepts and never answers": ("llm", "timeout", BEYOND, (FILLER, APOLOGY)),
    "9 the model's first word would come after eight seconds": ("llm", "8000", BEYOND, (FILLER, APOLOGY)),
    "10 the model breaks off in the middle": ("llm", "limit_data=1200", BEYOND, ("from deep below", FILLER, APOLOGY)),
    "11 the model's queue is full": ("llm", "status=503", BEYOND, (APOLOGY,)),
    "16 the voice refuses connections": ("tts", "dead", BEYOND, ("rock",)),
    "17 the voice crawls": ("tts", "bandwidth=8192", BEYOND, ("rock", "mountain")),
    "18 the voice breaks off in the middle": ("tts", "once limit_data=8000", BEYOND, ("rock", "mountain")),
    "19 the voice sends a page, sound of another rate, and nothing": (
        "tts",
        "once html, once 24kHz, once nothing",
        BEYOND,
        ("rock",),
    ),
}
ONLY_SLOW = ("6", "17")


@pytest.mark.parametrize("row", ROWS)
def test_one_engine_is_bad(inside: Inside, bad: BadLines, row: str) -> None:
    """The caller hears the answer, or an apology for there being none; the row names the engine."""
    engine, how, question, expected = ROWS[row]
    # Other words each time, since the voice remembers what it said.
    bad.sentence = LONG if engine == "llm" else f"Melted rock breaks through the mountain, {row.rpartition(' ')[2]}."
    with calling(inside.port) as call:
        greeted(call, bad)
        for each in how.split(", "):
            bad.becomes(engine, each)
        # An answer that breaks off is a turn, and the apology for it another one.
        answer = ask(inside, call, question, follows=int(row.startswith("10")))
    for words in expected:
        assert words in answer.heard, answer
    degraded = inside.closed_row(call.sip_call_id)["degraded"]
    assert degraded == (None if row.startswith(ONLY_SLOW) else engine)


def test_all_engines_stay_dead(inside: Inside, bad: BadLines) -> None:
    """Rows 1 and 20: an apology, and the second time a person; nobody picks up there, so that a message can be left."""
    with calling(inside.port) as call:
        greeted(call, bad)
        for engine in ("stt", "llm", "tts"):
            bad.becomes(engine, "dead")
        assert APOLOGY in ask(inside, call, PARKING).heard
        second = ask(inside, call, PARKING, follows=1)
        assert APOLOGY in second.heard
        assert "nobody is free" in second.heard
    inside.wait_until_quiet()
    rows = inside.rows("SELECT * FROM calls WHERE sip_call_id = ? ORDER BY started", call.sip_call_id)
    assert [(row["ended_by"], row["degraded"]) for row in rows] == [("transfer", "stt"), ("caller", None)]


def test_a_model_that_is_still_being_loaded(inside: Inside, bad: BadLines) -> None:
    """Row 12: until it has answered once no call is answered, so nobody waits on a dead line; then the next one is."""
    bad.becomes("llm", "5000")
    inside.supervise("restart", "orchestrator")
    with calling(inside.port) as call:
        assert until(lambda: call.status, 5, "the call is refused") == 503
    assert inside.calls() is None
    inside.wait_until_ready()
    with calling(inside.port) as call:
        until(lambda: call.voice_after(0.0), 10, "the next caller is greeted")


def greeted(call: LiveCall, bad: BadLines) -> None:
    """The caller hears the agent, and an engine that was left alone after the test before has been asked again."""
    until(lambda: call.voice_after(0.0), 10, "the greeting is heard")
    until_moment(bad.healed_s + PROBE_EVERY_S + 1.0)
