"""Asks a service of the operator's for something that neither the script nor the model knows."""

from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from voicectl_runtime.orchestrator.tools.tool import RefusedError, Result, definition_of, ensure_only
from voicectl_runtime.settings import LookUp as Settings

SCRIPTED_ARGUMENT: Final = "digits"
"""The only argument of a look-up that the dialogue script may ask, with what a caller typed."""
LONGEST_ARGUMENT: Final = 200
LONGEST_BODY: Final = 2000
"""Bytes: what is told in two or three sentences."""


class LookUp:
    """JSON out, a short plain text in; what comes back is a stranger's text to us."""

    takes_time = True

    def __init__(self, settings: Settings, session: aiohttp.ClientSession) -> None:
        self.name = settings.name
        self._settings, self._session = settings, session

    @property
    def definition(self) -> Mapping[str, Any]:
        """In the operator's words."""
        texts = {name: {"type": "string"} for name in self._settings.arguments}
        return definition_of(self.name, self._settings.purpose, texts)

    async def use(self, arguments: Mapping[str, object]) -> Result:
        """Ask, for no longer than a caller waits after a filler."""
        ensure_only(arguments, set(self._settings.arguments))
        asked = {name: _plain(name, value) for name, value in arguments.items()}
        timeout = aiohttp.ClientTimeout(self._settings.timeout_ms / 1000)
        try:
            async with self._session.post(
                self._settings.url, json=asked, timeout=timeout, allow_redirects=False
            ) as response:
                if response.status != 200 or response.content_type != "text/plain":  # noqa: PLR2004 - OK
                    raise RefusedError(f"status {response.status}, or no plain text")
                body = await response.content.read(LONGEST_BODY + 1)
                while len(body) <= LONGEST_BODY and (more := await response.content.read(LONGEST_BODY)):
                    body += more
        except TimeoutError as error:
            raise RefusedError(f"nothing within {self._settings.timeout_ms} ms") from error
        except aiohttp.ClientError as error:
            raise RefusedError(type(error).__name__) from error
        return Result(told=_told(body))


def _plain(name: str, value: object) -> str:
    """A text of one line; numbers are texts of digits."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RefusedError(f"{name} is neither a text nor a whole number")
    if isinstance(value, int) and abs(value) >= 10**LONGEST_ARGUMENT:
        raise RefusedError(f"{name} is too large")
    text = str(value)
    if not text.isprintable() or not 0 < len(text) <= LONGEST_ARGUMENT:
        raise RefusedError(f"{name} is empty, too long, or holds a control character")
    return text


def _told(body: bytes) -> str:
    if len(body) > LONGEST_BODY:
        raise RefusedError(f"a body of more than {LONGEST_BODY} bytes")
    try:
        text = " ".join(body.decode().split())
    except UnicodeDecodeError as error:
        raise RefusedError("a body that is not UTF-8") from error
    if not text or not text.isprintable():
        raise RefusedError("a body that is empty or holds control characters")
    return text
