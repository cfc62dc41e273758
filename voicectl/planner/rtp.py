"""F13: the RTP ports that calls need, and how many calls the configured range carries."""

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final

from voicectl.config.contradictions import RTP_PORTS_A_CALL

if TYPE_CHECKING:
    from voicectl.config.sections import Config

_RESERVE: Final = 1.2
"""Asterisk keeps a port for a while after its call."""


@dataclass(frozen=True)
class RtpPorts:
    """Ports of the range."""

    first: int
    last: int
    configured: int
    needed: int
    """For the calls that are asked for: RTP and RTCP of two legs each."""
    advised: int
    """With a fifth in reserve."""


def rtp_ports(config: "Config", calls: int) -> RtpPorts:
    """The range against the calls."""
    first, last, needed = config.sip.rtp_first, config.sip.rtp_last, calls * RTP_PORTS_A_CALL
    return RtpPorts(first, last, last - first + 1, needed, ceil(needed * _RESERVE))
