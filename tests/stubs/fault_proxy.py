"""A TCP proxy between the orchestrator and an engine that makes the line between them bad, one exchange at a time."""

import asyncio
import contextlib
import socket
import struct
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

CHUNK_BYTES: Final = 65536
UNLIMITED: Final = float("inf")
EVERY_S: Final = 0.02
"""How often a narrow line lets something through."""


@dataclass(frozen=True)
class Fault:
    """What happens to one exchange: nothing, as long as nothing is named. The names are toxiproxy's."""

    latency_s: float = 0.0
    """Every chunk of the answer comes so much later."""
    timeout: bool = False
    """The request arrives, and no answer ever comes; none after the first `limit_data` bytes, where that is set."""
    bandwidth: float = UNLIMITED
    """Bytes of the answer a second."""
    slicer: int = CHUNK_BYTES
    """The answer comes in slices of so many bytes."""
    reset_peer_s: float | None = None
    """So long after the request began the connection is reset, whatever came by then."""
    limit_data: float = UNLIMITED
    """After so many bytes of the answer the connection is closed."""
    slow_close_s: float = 0.0
    """The end of a connection is told so much later."""

    @property
    def slice_bytes(self) -> int:
        """At most so much at once."""
        return max(1, int(min(self.slicer, self.bandwidth * EVERY_S)))


@dataclass(eq=False)
class _Exchange:
    """One connection, with the fault of the request that is under way."""

    client: asyncio.StreamWriter
    engine: asyncio.StreamWriter
    fault: Fault
    reset: asyncio.Event = field(default_factory=asyncio.Event)
    answered_bytes: int = 0
    has_begun: bool = False


class FaultProxy:
    """Listens where the orchestrator asks, and passes on to where the engine listens."""

    def __init__(self, target: str, port: int = 0) -> None:
        """`target`: the engine's URL; `port` 0: any free one."""
        parts = urlsplit(target)
        self._target, self._port = (str(parts.hostname), int(parts.port or 80)), port
        self._server: asyncio.Server | None = None
        self._exchanges: dict[asyncio.Task[Any], _Exchange] = {}
        self.fault = Fault()
        """What every exchange suffers."""
        self.next: Final[deque[Fault]] = deque()
        """What the next exchanges suffer instead, one each."""

    @property
    def url(self) -> str:
        """Where to ask."""
        return f"http://127.0.0.1:{self._port}"

    async def open(self) -> None:
        """Begin to listen; after a `close`, at the same port again."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """From now on connections are refused, and those that stand are reset."""
        if self._server is not None:
            self._server.close()
        for exchange in self._exchanges.values():
            exchange.reset.set()
        if self._exchanges:
            await asyncio.wait(set(self._exchanges))

    async def _connected(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        engine_reader, engine = await asyncio.open_connection(*self._target)
        exchange = _Exchange(client, engine, self.fault)
        connection = asyncio.current_task()
        assert connection is not None
        self._exchanges[connection] = exchange
        connection.add_done_callback(self._exchanges.pop)
        work = (self._ask(exchange, reader), self._answer(exchange, engine_reader), exchange.reset.wait())
        tasks = [asyncio.ensure_future(each) for each in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for writer in (client, engine):
                await _close(writer, with_reset=exchange.reset.is_set())

    async def _ask(self, exchange: _Exchange, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(CHUNK_BYTES):
            if exchange.answered_bytes or not exchange.has_begun:
                exchange.fault = self.next.popleft() if self.next else self.fault
                exchange.answered_bytes, exchange.has_begun = 0, True
                if exchange.fault.reset_peer_s is not None:
                    asyncio.get_running_loop().call_later(exchange.fault.reset_peer_s, exchange.reset.set)
            exchange.engine.write(data)
            await exchange.engine.drain()

    async def _answer(self, exchange: _Exchange, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(CHUNK_BYTES):
            slice_bytes = exchange.fault.slice_bytes
            for at in range(0, len(data), slice_bytes):
                if not await self._pass_on(exchange, data[at : at + slice_bytes]):
                    return
        await asyncio.sleep(exchange.fault.slow_close_s)

    async def _pass_on(self, exchange: _Exchange, data: bytes) -> bool:
        """Whether more may follow."""
        fault = exchange.fault
        left = fault.limit_data - exchange.answered_bytes
        if fault.timeout and fault.limit_data == UNLIMITED:
            left = 0
        exchange.answered_bytes += len(data)
        await asyncio.sleep(fault.latency_s + min(len(data), left) / fault.bandwidth)
        exchange.client.write(data if len(data) <= left else data[: int(left)])
        await exchange.client.drain()
        if fault.timeout and len(data) >= left:
            await exchange.reset.wait()
        return len(data) < left


async def _close(writer: asyncio.StreamWriter, *, with_reset: bool) -> None:
    if with_reset:
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
