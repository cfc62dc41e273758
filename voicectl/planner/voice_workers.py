"""F8: how many processes a voice needs, where one of them speaks to one caller at a time."""

from math import ceil
from typing import TYPE_CHECKING, Final

from voicectl.planner.traffic import MOST_BUSY

if TYPE_CHECKING:
    from voicectl.catalogue.voice import Voice

TALK_SHARE: Final = 0.45
"""Of a call, the time in which the agent speaks (assumed)."""


def speech_workers(voice: "Voice", calls: int) -> int:
    """Processes for that many calls; a voice that is not exclusive needs one."""
    if not voice.exclusive:
        return 1
    return max(1, ceil(round(calls * _load(voice), 6)))


def _load(voice: "Voice") -> float:
    """The share of a worker that one call keeps busy, reserve included."""
    return TALK_SHARE * voice.real_time_factor / MOST_BUSY
