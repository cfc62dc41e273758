"""What the speech services share: where they listen, how they fail in words, and how they end."""

import argparse
import asyncio
import ipaddress
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from voicectl_runtime.logs import start_logging
from voicectl_runtime.refusal import RefusedError, refusal
from voicectl_runtime.settings import Settings, SettingsError, read_settings
from voicectl_runtime.warmth import Handler, Warmth

LOG: Final = logging.getLogger(__name__)

BODY_TIMEOUT_S: Final = 20
"""A client that sends its body drop by drop is sent away."""

FINISH_S: Final = 5
"""How long requests may go on once the service was asked to end."""

WARMTH: Final = web.AppKey("warmth", Warmth)
"""Every service's application holds it; where the engine could not be loaded, the process says so when it ends."""

Make = Callable[[Settings], web.Application]


def main(service: str, url: Callable[[Settings], str], make: Make) -> int:
    """Serve until SIGTERM; returns the exit code."""
    parser = argparse.ArgumentParser(prog=f"python -m voicectl_runtime.{service.removesuffix('-service')}")
    parser.add_argument("--settings", type=Path, required=True, help="the settings.json that voicectl rendered")
    options = parser.parse_args()
    start_logging(service)
    try:
        settings = read_settings(options.settings)
        host, port = address(url(settings))
    except (SettingsError, ValueError) as error:
        LOG.error("bad_settings", extra={"problem": str(error)})  # noqa: TRY400 - one line; a traceback helps nobody here
        return 3
    LOG.info("starting", extra={"host": host, "port": port})
    app = make(settings)
    try:
        web.run_app(
            app,
            host=host,
            port=port,
            print=None,
            access_log=None,
            shutdown_timeout=FINISH_S,
            handler_cancellation=True,  # a caller who hung up must not cost a batch
        )
    except OSError as error:
        LOG.error("cannot_listen", extra={"problem": str(error)})  # noqa: TRY400 - the same
        return 1
    LOG.info("ended")
    return 1 if app[WARMTH].failed else 0


def address(url: str) -> tuple[str, int]:
    """Host and port to listen on.

    Raises:
        ValueError: not a loopback address; these services ask for no password.
    """
    parts = urlsplit(url)
    host = "127.0.0.1" if parts.hostname in {None, "localhost"} else str(parts.hostname)
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"{url}: the service asks for no password, so it listens on loopback only")
    if parts.port is None:
        raise ValueError(f"{url}: names no port")
    return host, parts.port


def application(warmth: Warmth, most_bytes: int) -> web.Application:
    """An application with health, limits and failures in words; the service adds its routes."""
    app = web.Application(middlewares=[explain, warmth.gate], client_max_size=most_bytes)
    app[WARMTH] = warmth
    app.cleanup_ctx.append(warmth.warm)
    app.router.add_get("/health", warmth.health)
    return app


@web.middleware
async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure is a JSON document of OpenAI's shape; a traceback goes to the log only."""
    try:
        return await handler(request)
    except RefusedError as error:
        return refusal(error.status, str(error))
    except web.HTTPException as error:
        return refusal(error.status, error.reason)
    except Exception:
        LOG.exception("request_failed", extra={"path": request.path})
        return refusal(500, "the engine failed; its log says why")


async def body(request: web.Request) -> bytes:
    """The whole body, within the application's limit of bytes and of time."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except TimeoutError as error:
        raise RefusedError(408, f"the body did not arrive within {BODY_TIMEOUT_S} s") from error


def whole_number(request: web.Request, name: str, default: int) -> int:
    """A number from the query."""
    given = request.query.get(name, str(default))
    if not (given.isascii() and given.isdigit() and len(given) <= 9):  # noqa: PLR2004 - any nine digits fit an integer
        raise RefusedError(422, f"{name} must be a whole number")
    return int(given)
