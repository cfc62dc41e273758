"""When an engine is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.orchestrator.engines.breaker import MOST_FAILURES, WITHIN_S, CircuitBreaker


def failing(*at_s: float) -> CircuitBreaker:
    breaker = CircuitBreaker()
    for each in at_s:
        breaker.failed(each)
    return breaker


@pytest.mark.parametrize(
    ("failed_s", "is_open"),
    [((), False), ((0, 1), False), ((0, 5, 10), True), ((0, 5, 10.1), False), ((0, 9, 12, 13), True)],
)
def test_three_failures_within_ten_seconds(failed_s: tuple[float, ...], is_open: bool) -> None:
    """It opens, and not before."""
    assert failing(*failed_s).is_open is is_open


def test_a_success_closes_it() -> None:
    """And what failed before no longer counts."""
    breaker = failing(0, 0, 0)
    breaker.worked()
    breaker.failed(0.1)
    breaker.failed(0.2)

    assert not breaker.is_open


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=60))
def test_it_opens_for_three_in_a_row_and_nothing_else(steps: list[tuple[float, bool]]) -> None:
    """Of many calls a few slow answers are no dead engine."""
    breaker, now_s, in_a_row = CircuitBreaker(), 0.0, list[float]()
    for pause_s, works in steps:
        now_s += pause_s
        in_a_row = [] if works else [*in_a_row, now_s]
        was_open = breaker.is_open and not works
        breaker.worked() if works else breaker.failed(now_s)
        newest = in_a_row[-MOST_FAILURES:]
        is_due = len(newest) == MOST_FAILURES and newest[-1] - newest[0] <= WITHIN_S
        assert breaker.is_open is (was_open or is_due)
