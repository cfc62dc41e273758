"""Retransmission as RFC 3261 draws it."""

from itertools import accumulate

from voicectl_runtime.caller.sip.timers import waits_s


def test_invite_doubles_until_64_t1() -> None:
    """Timer A doubles without a cap; timer B ends it after 32 s: seven sendings."""
    assert list(accumulate(waits_s(invite=True))) == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 32.0]


def test_other_requests_stop_doubling_at_t2() -> None:
    """Timer E is capped at four seconds; timer F ends it after 32 s: eleven sendings."""
    waits = list(waits_s(invite=False))

    assert waits[:5] == [0.5, 1.0, 2.0, 4.0, 4.0]
    assert (len(waits), round(sum(waits), 6)) == (11, 32.0)
