"""The beat never drifts, however late it is looked at."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.caller.schedule import PERIOD_S, Schedule


@given(st.lists(st.floats(0.0001, 0.5), min_size=1, max_size=60))
def test_late_looks_lose_no_tick(delays: Any) -> None:
    """After any pattern of lateness as many ticks were taken as periods have passed."""
    start = 1000.0
    schedule, now, taken = Schedule(start), start, 0
    for delay in delays:
        now = max(now, schedule.next_s) + delay
        taken += schedule.take(now)

    assert taken == pytest.approx((now - start) / PERIOD_S, abs=1.001)
    assert schedule.next_s > now


def test_an_hour_ends_on_time() -> None:
    """Rounding does not add up: tick 180,000 is due at 3,600 s."""
    schedule = Schedule(0.0)
    schedule.take(3599.99)

    assert schedule.next_s == pytest.approx(3600.0, abs=1e-6)
