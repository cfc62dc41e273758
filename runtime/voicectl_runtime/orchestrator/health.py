"""`GET /health`: whether calls are taken, how many there are, and how each engine is."""

import asyncio
import errno
from collections.abc import Callable, Mapping
from typing import Any, Final

import aiohttp
from aiohttp import web

PATIENCE_S: Final = 0.5
PORT_S: Final = 10.0
AGAIN_S: Final = 0.1


class Health:
    """Answers on loopback while the process lives; 503 until the door is open."""

    def __init__(self, session: aiohttp.ClientSession, engines: Mapping[str, str], version: str) -> None:
        """`engines`: name and address of what to ask."""
        self._session, self._engines, self._version = session, engines, version
        self._runner: web.AppRunner | None = None
        self.live: Callable[[], int] = lambda: 0
        self.status = "starting"
        self.matcher = ""

    async def open(self, port: int) -> None:
        """Begin to answer, once the orchestrator before this one has let go of the port."""
        app = web.Application()
        app.router.add_get("/health", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        async with asyncio.timeout(PORT_S):
            await _open(web.TCPSite(self._runner, "127.0.0.1", port))

    async def close(self) -> None:
        """Stop answering."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, _: web.Request) -> web.Response:
        states = await asyncio.gather(*(self._ask(address) for address in self._engines.values()))
        document: dict[str, Any] = {
            "status": self.status,
            "calls": self.live(),
            "engines": dict(zip(self._engines, states, strict=True)) | {"matcher": self.matcher},
            "version": self._version,
        }
        return web.json_response(document, status=200 if self.status == "ok" else 503)

    async def _ask(self, address: str) -> str:
        try:
            async with self._session.get(address, timeout=aiohttp.ClientTimeout(PATIENCE_S)) as response:
                return "ok" if response.ok else "starting"
        except (aiohttp.ClientError, TimeoutError):
            return "unreachable"


async def _open(site: web.TCPSite) -> None:
    try:
        await site.start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        await asyncio.sleep(AGAIN_S)
        await _open(site)
