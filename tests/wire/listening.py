"""What a caller hears in answer to a question, and how long they wait in silence."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Final

from tests.wire.inside import Inside
from tests.wire.live_call import LiveCall
from tests.wire.patience import until

LONGEST_SILENCE_S: Final = 3.0
"""The promise: in all silence that lasts longer, the caller was told why, or it is their turn."""
LISTENS_S: Final = 0.6
LONGEST_ANSWER_S: Final = 25.0


@dataclass(frozen=True)
class Answer:
    """What followed a question."""

    said: str
    """What the record says was asked."""
    heard: str
    """What the caller's ear understands of all that came after the question, in lower case."""
    waits_s: list[float]
    """From the caller's last voice to the agent's first, and between the agent's spurts."""


def listens(call: LiveCall) -> None:
    """The agent has said what it had to say."""
    until(lambda: call.silent_for_s() > LISTENS_S, LONGEST_ANSWER_S, "the agent listens")


def turns(inside: Inside, call: LiveCall) -> list[Any]:
    """The turns of a call so far, those after a transfer that came back included."""
    return inside.rows(
        "SELECT turns.* FROM turns JOIN calls ON id = call_id WHERE sip_call_id = ? ORDER BY started, number",
        call.sip_call_id,
    )


def ask(inside: Inside, call: LiveCall, question: str, follows: int = 0) -> Answer:
    """Ask, and listen to the end of the answer and of so many turns more that follow it; nobody waits for too long."""
    listens(call)
    before = len(turns(inside, call))
    call.say(question)
    stopped_s = until(partial(getattr, call, "stopped_s"), 20, "the question was asked")
    answer = until(lambda: _heard_to_its_end(inside, call, before + follows), LONGEST_ANSWER_S, "it was answered")
    waits_s = waits_after(call, stopped_s)
    heard = inside.said(call.sound_after(stopped_s))
    assert max(waits_s) <= LONGEST_SILENCE_S, f"waited {waits_s} s for {heard!r}"
    return Answer(answer["said"].lower(), heard, waits_s)


def waits_after(call: LiveCall, stopped_s: float) -> list[float]:
    """The silences that were broken since; there is one at least."""
    spurts = [spurt for spurt in list(call.voice.spurts) if spurt.ended_s > stopped_s]
    assert spurts, "nothing was heard"
    begins_s = [max(0.0, spurts[0].started_s - stopped_s)]
    between_s = (later.started_s - sooner.ended_s for sooner, later in pairwise(spurts))
    return [round(wait_s, 2) for wait_s in (*begins_s, *between_s)]


def _heard_to_its_end(inside: Inside, call: LiveCall, before: int) -> Any:
    rows = turns(inside, call)[before:]
    return rows[0] if rows and not any(row["interrupted"] for row in rows) else None
