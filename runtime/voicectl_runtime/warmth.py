"""Loading the engine while the service already answers that it is starting."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from voicectl_runtime.refusal import refusal

LOG: Final = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Warmth:
    """Loads the engine while the service already says that it is starting, and ends the process when that fails."""

    def __init__(self, load: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        self._load = load
        self._document: dict[str, Any] | None = None
        self.failed = False

    async def health(self, _request: web.Request) -> web.Response:
        """200 once the engine has done real work."""
        if self._document is None:
            return web.json_response({"status": "starting"}, status=503)
        return web.json_response({"status": "ok", **self._document})

    @web.middleware
    async def gate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nothing but health is answered until then."""
        if self._document is None and request.path != "/health":
            return refusal(503, "the service is starting")
        return await handler(request)

    async def warm(self, _app: web.Application) -> AsyncIterator[None]:
        """An application's clean-up context: the loading runs beside the server."""
        task = asyncio.create_task(self._warm())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _warm(self) -> None:
        try:
            self._document = await self._load()
        except Exception as error:  # noqa: BLE001 - whatever an engine raises: it is not there, and the process must end
            self.failed = True
            LOG.critical("engine_failed_to_load", extra={"problem": f"{type(error).__name__}: {error}"})
            signal.raise_signal(signal.SIGTERM)
        else:
            LOG.info("warm", extra=self._document)
