"""RTP packets, and what their numbers tell."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.caller.rtp import Packet, Reception, parse

PACKETS = st.builds(
    Packet,
    payload_type=st.sampled_from([0, 8, 101]),
    sequence=st.integers(0, 65_535),
    timestamp=st.integers(0, 2**32 - 1),
    ssrc=st.integers(0, 2**32 - 1),
    payload=st.binary(max_size=200),
    marker=st.booleans(),
)


@given(PACKETS)
def test_packet_comes_back_as_it_was_sent(packet: Any) -> None:
    """Encode and parse are inverse."""
    assert parse(packet.encode()) == packet


@given(st.binary(max_size=60))
def test_noise_never_crashes(datagram: Any) -> None:
    """Anybody may send to an open port."""
    parse(datagram)


def test_extension_sources_and_padding_are_cut_off() -> None:
    """The payload is what remains (RFC 3550, section 5.1)."""
    head = bytes([0xB1, 0]) + b"\x00\x01" + b"\x00" * 8
    packet = parse(head + b"CSRC" + b"\xbe\xde\x00\x01EXTN" + b"sound" + b"\x00\x00\x03")

    assert packet is not None
    assert packet.payload == b"sound"


def test_control_packets_are_not_audio() -> None:
    """RTCP's types 200 to 204 look like RTP with the marker set."""
    assert parse(bytes([0x80, 200]) + b"\x00" * 26) is None


def numbered(*sequences: int, start: int = 0) -> list[Packet]:
    return [Packet(0, number % 65_536, (number - start) * 160 % 2**32, 7, b"x" * 160) for number in sequences]


def received(packets: list[Packet], arrivals: list[float] | None = None) -> Reception:
    reception = Reception()
    for position, packet in enumerate(packets):
        reception.add(packet, arrivals[position] if arrivals else position * 0.02)
    return reception


def test_loss_is_counted_across_the_wrap() -> None:
    """65535 is followed by 0."""
    reception = received(numbered(65_534, 65_535, 65_537, 65_538))

    assert (reception.packets, reception.lost, reception.late) == (4, 1, 0)


def test_late_packet_is_not_lost() -> None:
    """It was counted as missing and then came."""
    reception = received(numbered(1, 3, 2, 4))

    assert (reception.lost, reception.late) == (0, 1)


def test_gap_counts_only_within_speech() -> None:
    """Silence of the agent is no gap; a stall between packets that follow each other is one."""
    packets = [*numbered(1, 2, 3), *numbered(100)]
    reception = received(packets, [0.0, 0.02, 0.09, 5.0])

    assert reception.longest_gap_ms == pytest.approx(70)
    assert sorted(reception.gaps_ms.values()) == [1, 1]
    assert max(reception.gaps_ms) in {70, 71}
    assert reception.jitter_ms > 1
