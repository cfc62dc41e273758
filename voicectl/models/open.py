"""A fetcher with an HTTP client of its own, for as long as models are fetched."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from voicectl.models.download import Downloader
from voicectl.models.fetch import Fetcher
from voicectl.models.reporter import Reporter
from voicectl.models.wheel import lock_with_uv

_CONNECT_S: Final = 5.0
"""A hub behind a firewall that drops packets must not hold up the package that is there."""
_READ_S: Final = 30.0


@contextmanager
def open_fetcher(store: Path, carried: Path | None, report: Reporter) -> Iterator[Fetcher]:
    """Fill <store>/models; proxies and certificate authorities come from the environment."""
    import httpx  # noqa: PLC0415 - 80 ms, which commands without a download do not have

    with httpx.Client(timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S)) as client:
        yield Fetcher(store / "models", carried, Downloader(client, report), lock_with_uv)
