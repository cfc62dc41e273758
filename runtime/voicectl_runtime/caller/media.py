"""One call's RTP: what is sent on the beat, and when the kernel says that packets came."""

import asyncio
import secrets
import socket
import struct
import time
from typing import TYPE_CHECKING, Final

from voicectl_runtime.caller.errors import PhoneError
from voicectl_runtime.caller.rtp import Packet, Reception, parse
from voicectl_runtime.caller.schedule import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

# Linux's number; Python has no name for it. The kernel's own stamp keeps a busy event loop out of the measurement.
_SO_TIMESTAMPNS: Final = 35
_TIMESPEC: Final = struct.Struct("@ll")
_LARGEST_BYTES: Final = 2048
_PORT_TRIES: Final = 50


class MediaStream:
    """A pair of sockets (RTP and, one above, RTCP that nobody reads), with the counters of one stream."""

    def __init__(self, address: str) -> None:
        self.on_packet: Callable[[Packet, float], None] = lambda _packet, _arrived_s: None
        self.reception = Reception()
        self.packets_sent = 0
        self._socket, self._control = _socket_pair(address)
        self._ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(16)
        self._timestamp = secrets.randbits(32)
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)

    @property
    def port(self) -> int:
        """Where the other side sends its audio."""
        port: int = self._socket.getsockname()[1]
        return port

    def send(self, payload_type: int, payload: bytes, to: tuple[str, int]) -> float:
        """Send one packet and say when that began (monotonic seconds)."""
        packet = Packet(
            payload_type, self._sequence, self._timestamp, self._ssrc, payload, marker=not self.packets_sent
        )
        self._sequence = (self._sequence + 1) % 65_536
        self._timestamp = (self._timestamp + SAMPLES) % 2**32
        # Taken before: where this process loses the core while it sends, the agent must not look faster for it.
        at_s = time.monotonic()
        try:
            self._socket.sendto(packet.encode(), to)
            self.packets_sent += 1
        except OSError:
            # A full buffer or a port that closed: to the listener it is one lost packet, as on any network.
            pass
        return at_s

    def close(self) -> None:
        """Give the ports back."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        self._control.close()

    def _readable(self) -> None:
        while True:
            try:
                datagram, ancillary, _, _ = self._socket.recvmsg(_LARGEST_BYTES, socket.CMSG_SPACE(_TIMESPEC.size))
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error of an earlier packet
            packet = parse(datagram)
            if packet is not None:
                arrived_s = _arrival_s(ancillary)
                self.reception.add(packet, arrived_s)
                self.on_packet(packet, arrived_s)


def _arrival_s(ancillary: list[tuple[int, int, bytes]]) -> float:
    """The kernel's stamp, carried over from the wall clock to the monotonic one."""
    now_s = time.monotonic()
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            age_s: float = time.time() - seconds - nanoseconds / 1e9
            return now_s - max(0.0, age_s)
    return now_s


def _socket_pair(address: str) -> tuple[socket.socket, socket.socket]:
    """An even port and the one above it: the other side sends its RTCP there, and it must hit no other call."""
    for _ in range(_PORT_TRIES):
        rtp = _bound(address, 0)
        port = rtp.getsockname()[1]
        if port % 2 == 0:
            try:
                return rtp, _bound(address, port + 1)
            except OSError:
                pass
        rtp.close()
    raise PhoneError(f"no free pair of UDP ports on {address}")


def _bound(address: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)  # noqa: FBT003 - the standard library takes it by position
        bound.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    return bound
