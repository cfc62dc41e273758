"""Callers who come and go while one stays: bridges that Asterisk did not reap would add up."""

import time
from functools import partial

from tests.wire.inside import Inside
from tests.wire.live_call import calling
from tests.wire.patience import until

TALKS_EVERY_S = 5.0
"""Else the agent would end a call in which nobody speaks."""
REAPED_S = 2.0


def zombies_after(inside: Inside, hang_ups: int) -> int:
    """How many dead bridges there are after so many calls, with one call up all the time."""
    with calling(inside.port) as staying:
        until(lambda: staying.voice_after(0.0), 10, "the greeting is heard")
        talked_s = 0.0
        for _ in range(hang_ups):
            if time.monotonic() - talked_s > TALKS_EVERY_S:
                talked_s = time.monotonic()
                staying.say("where can I park")
            with calling(inside.port) as call:
                assert until(partial(getattr, call, "status"), 10, "the call is answered", every_s=0.001) == 200
            until(lambda: len(inside.bridges()) <= 1, 5, "the bridge ended")
        assert staying.ended_s is None
        last_s = time.monotonic()
        # The bridge that died last is reaped a moment later.
        while inside.zombies() and time.monotonic() - last_s < REAPED_S:
            time.sleep(0.05)
        return inside.zombies()
