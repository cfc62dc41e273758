"""The proxy makes exactly the fault that it is told to make: what tests of faults rest on."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from tests.stubs.engines import StubEngines
from tests.stubs.fault_proxy import Fault, FaultProxy

SOUND_BYTES = 8000
WANTED = {"input": "x", "sample_rate": 8000}


@asynccontextmanager
async def behind(fault: Fault) -> AsyncIterator[tuple[aiohttp.ClientSession, FaultProxy, StubEngines]]:
    stubs = StubEngines(say=lambda _: bytes(SOUND_BYTES))
    await stubs.open()
    proxy = FaultProxy(stubs.tts.url)
    await proxy.open()
    proxy.next.append(fault)
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(2)) as session:
            yield session, proxy, stubs
    finally:
        await proxy.close()
        await stubs.close()


async def sound(session: aiohttp.ClientSession, proxy: FaultProxy) -> bytes:
    async with session.post(f"{proxy.url}/v1/audio/speech", json=WANTED) as response:
        return await response.read()


@pytest.mark.parametrize(
    "fault", [Fault(), Fault(slicer=7), Fault(slow_close_s=0.01)], ids=["none", "slicer", "slow_close"]
)
async def test_what_harms_nobody(fault: Fault) -> None:
    """The answer is whole, on the same connection again and again."""
    async with behind(fault) as (session, proxy, _):
        for _ in range(3):
            assert len(await sound(session, proxy)) == SOUND_BYTES


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(timeout=True), TimeoutError),
        (Fault(reset_peer_s=0.0), aiohttp.ClientOSError),
        (Fault(limit_data=1000), aiohttp.ClientPayloadError),
        (Fault(limit_data=0), aiohttp.ServerDisconnectedError),
    ],
    ids=["timeout", "reset_peer", "limit_data", "no_data"],
)
async def test_one_exchange_fails_and_the_next_works(fault: Fault, error: type[Exception]) -> None:
    """A fault is for one exchange, unless it is for all."""
    async with behind(fault) as (session, proxy, _):
        session._timeout = aiohttp.ClientTimeout(0.2)
        with pytest.raises(error):
            await sound(session, proxy)
        assert len(await sound(session, proxy)) == SOUND_BYTES


@pytest.mark.parametrize(
    "fault", [Fault(latency_s=0.3), Fault(bandwidth=SOUND_BYTES / 0.3)], ids=["latency", "bandwidth"]
)
async def test_slow_lines(fault: Fault) -> None:
    """Late, and whole."""
    async with behind(fault) as (session, proxy, _):
        began_s = time.monotonic()
        assert len(await sound(session, proxy)) == SOUND_BYTES
        assert time.monotonic() - began_s >= 0.25


async def test_a_port_that_nobody_listens_on() -> None:
    """Refused, and later found again."""
    async with behind(Fault()) as (session, proxy, _):
        await proxy.close()
        with pytest.raises(aiohttp.ClientConnectorError):
            await sound(session, proxy)
        await proxy.open()
        assert len(await sound(session, proxy)) == SOUND_BYTES


async def test_giving_up_reaches_the_engine() -> None:
    """Through the proxy as without it."""
    async with behind(Fault()) as (session, proxy, stubs):
        stubs.tts.delay_s = 30
        session._timeout = aiohttp.ClientTimeout(0.1)
        with pytest.raises(TimeoutError):
            await sound(session, proxy)
        async with asyncio.timeout(5):
            await stubs.tts.was_dropped.wait()
