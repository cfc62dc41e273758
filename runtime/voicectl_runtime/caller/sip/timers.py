"""When a request that nobody answered is sent again (RFC 3261, section 17.1)."""

from collections.abc import Iterator
from typing import Final

T1_S: Final = 0.5
T2_S: Final = 4.0
_GIVE_UP_S: Final = 64 * T1_S


def waits_s(*, invite: bool) -> Iterator[float]:
    """How long to wait after each sending; the sum is 64 x T1, after which the other side counts as dead."""
    waited, wait = 0.0, T1_S
    while waited < _GIVE_UP_S:
        wait_now = min(wait, _GIVE_UP_S - waited)
        yield wait_now
        waited += wait_now
        wait = wait * 2 if invite else min(wait * 2, T2_S)
