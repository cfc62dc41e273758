"""When an engine is left alone, and when it is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.orchestrator.engines.breaker import PROBE_EVERY_S, WITHIN_S, CircuitBreaker


def failing(*at_s: float) -> CircuitBreaker:
    breaker = CircuitBreaker()
    for each in at_s:
        breaker.failed(each)
    return breaker


@pytest.mark.parametrize(
    ("failed_s", "allows"),
    [((), True), ((0, 1), True), ((0, 5, 10), False), ((0, 5, 10.1), True), ((0, 9, 12, 13), False)],
)
def test_three_failures_within_ten_seconds(failed_s: tuple[float, ...], allows: bool) -> None:
    """It opens, and not before."""
    assert failing(*failed_s).allows(max(failed_s, default=0.0)) is allows


def test_one_probe_every_two_seconds() -> None:
    """Whoever comes first after that is the probe; the others go on without."""
    breaker = failing(0, 0, 0)

    assert [breaker.allows(at_s) for at_s in (1.9, 2.0, 2.1, 3.9, 4.0)] == [False, True, False, False, True]


def test_a_probe_that_works_closes_it() -> None:
    """And what failed before no longer counts."""
    breaker = failing(0, 0, 0)
    assert breaker.allows(2)
    breaker.worked()
    breaker.failed(2.1)
    breaker.failed(2.2)

    assert breaker.allows(2.3)


def test_a_probe_that_fails_keeps_it_open() -> None:
    """However long ago the other failures were."""
    breaker = failing(0, 0, 0)
    assert breaker.allows(100)
    breaker.failed(100.5)
    assert not breaker.allows(101)


def test_failures_between_successes() -> None:
    """Of many calls a few slow answers are no dead engine."""
    breaker = CircuitBreaker()
    for at_s in range(20):
        breaker.failed(at_s / 10)
        breaker.worked()

    assert breaker.allows(2)


@given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), max_size=60))
def test_it_never_stays_shut(steps: list[tuple[float, bool]]) -> None:
    """Whatever happened, two seconds later somebody may try; and without three failures it never was shut."""
    breaker, now_s, failures = CircuitBreaker(), 0.0, 0
    for pause_s, works in steps:
        now_s += pause_s
        if breaker.allows(now_s):
            failures += not works
            breaker.worked() if works else breaker.failed(now_s)
        else:
            assert failures >= 3

    assert breaker.allows(now_s + PROBE_EVERY_S)
    assert WITHIN_S > PROBE_EVERY_S
