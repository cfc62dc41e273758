"""RTP packets (RFC 3550), and what their numbers say about the way they came."""

import struct
from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import Final

_HEADER: Final = struct.Struct("!BBHII")
_VERSION: Final = 2
_CLOCK_HZ: Final = 8000
_SEQUENCES: Final = 65_536
# RTCP that strays onto this port shows up as these payload types (RFC 5761, section 4).
_RTCP: Final = range(72, 77)


@dataclass(frozen=True)
class Packet:
    """One packet of audio."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def encode(self) -> bytes:
        """The bytes for the wire."""
        second = (0x80 if self.marker else 0) | self.payload_type
        return _HEADER.pack(_VERSION << 6, second, self.sequence, self.timestamp, self.ssrc) + self.payload


def parse(datagram: bytes) -> Packet | None:
    """One packet, or nothing for what is not RTP: anybody may send to an open port."""
    if len(datagram) < _HEADER.size:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(datagram)
    start = _HEADER.size + 4 * (first & 0x0F)
    if first >> 6 != _VERSION or second & 0x7F in _RTCP:
        return None
    if first & 0x10:
        if len(datagram) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(datagram[start + 2 : start + 4], "big")
    end = len(datagram) - (datagram[-1] if first & 0x20 else 0)
    if start > end:
        return None
    return Packet(second & 0x7F, sequence, timestamp, ssrc, datagram[start:end], bool(second & 0x80))


class Reception:
    """Loss, order, gaps and jitter of one call's incoming packets."""

    def __init__(self) -> None:
        self.packets = 0
        self.lost = 0
        self.late = 0
        """Came after a packet that was sent later."""
        self.sources = 0
        """Streams seen; a transfer or a new offer starts another."""
        self.longest_gap_ms = 0.0
        """The longest wait between two packets that were sent 20 ms apart: silence of the agent is no gap."""
        self.gaps_ms: Counter[int] = Counter()
        """How often each wait between two such packets came, rounded up to whole milliseconds."""
        self.jitter_ms = 0.0
        """RFC 3550, section 6.4.1."""
        self._last: tuple[Packet, float] | None = None

    def add(self, packet: Packet, arrived_s: float) -> None:
        """Count one packet."""
        self.packets += 1
        before, self._last = self._last, (packet, arrived_s)
        if before is None or before[0].ssrc != packet.ssrc:
            self.sources += 1
            return
        ahead = (packet.sequence - before[0].sequence) % _SEQUENCES
        if ahead == 0 or ahead > _SEQUENCES // 2:
            self.late += 1
            self.lost = max(0, self.lost - (ahead != 0))
            self._last = before
            return
        self.lost += ahead - 1
        self._time(before, packet, arrived_s)

    def _time(self, before: tuple[Packet, float], packet: Packet, arrived_s: float) -> None:
        sent_apart_s = ((packet.timestamp - before[0].timestamp) % 2**32) / _CLOCK_HZ
        came_apart_s = arrived_s - before[1]
        one_packet_s = len(packet.payload) / _CLOCK_HZ
        if not packet.marker and sent_apart_s <= one_packet_s * 1.5:
            self.longest_gap_ms = max(self.longest_gap_ms, came_apart_s * 1000)
            self.gaps_ms[ceil(came_apart_s * 1000)] += 1
            self.jitter_ms += (abs(came_apart_s - sent_apart_s) * 1000 - self.jitter_ms) / 16
