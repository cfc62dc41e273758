"""Who is let in: no more callers than the operator wants, and the one too many costs nothing."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from tests.wire.agent import Agent
from tests.wire.inside import Inside
from tests.wire.live_call import calling
from tests.wire.patience import until

pytestmark = [pytest.mark.wire, pytest.mark.timeout(120)]

REFUSED_S = 0.5
RECONCILED_S = 5.0 + 3.0


@pytest.fixture
def inside(agent: Agent) -> Iterator[Inside]:
    """The agent without any call."""
    inside = Inside(agent)
    inside.wait_until_ready()
    inside.wait_until_quiet()
    yield inside
    inside.wait_until_quiet()


def test_one_caller_too_many(inside: Inside) -> None:
    """Hears the busy tone at once, without a process being started for it; the record knows; the next one is let in."""
    most = inside.settings["calls"]["most"]
    with ExitStack() as stack:
        calls = [stack.enter_context(calling(inside.port)) for _ in range(most)]
        for call in calls:
            assert until(partial(getattr, call, "status"), 10, "the call is answered") == 200
        bridges = inside.bridges()

        with calling(inside.port) as late:
            assert until(lambda: late.status, 5, "the call is refused", every_s=0.001) == 486
            assert time.monotonic() - late.invited_s < REFUSED_S
        assert inside.bridges() == bridges

        calls[0].hang_up()
        until(lambda: inside.channels() == most - 1, 5, "a line is free")
        with calling(inside.port) as next_call:
            assert until(lambda: next_call.status, 10, "the next call is answered") == 200

    row = inside.closed_row(late.sip_call_id, RECONCILED_S)
    assert (row["ended_by"], row["answered"]) == ("busy", None)
