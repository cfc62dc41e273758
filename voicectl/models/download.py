"""One file over HTTP: it goes on where it stopped, and ends only with the right bytes."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from voicectl.models.reporter import Reporter
from voicectl.models.source_failed import SourceFailedError
from voicectl.models.store import is_right

if TYPE_CHECKING:
    import httpx

_TRIES: Final = 4
"""How often a connection may break in a row without a single new byte."""
_PARTIAL: Final = 206
_RANGE_REFUSED: Final = 416
_OK: Final = 200


@dataclass(frozen=True)
class Wanted:
    """The bytes that must arrive, and nothing else."""

    name: str
    url: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Downloader:
    """Fetches over one HTTP client."""

    client: "httpx.Client"
    report: Reporter
    pause: Callable[[float], None] = field(default=time.sleep)
    """How long to wait before a broken connection is tried again, in seconds."""

    def fetch(self, wanted: Wanted, part: Path) -> None:
        """Complete `part`; what an earlier run left in it is continued, unless it turns out to be wrong.

        Raises:
            SourceFailedError: this address does not give the wanted bytes; what came so far stays in `part`.
        """
        continued = _length(part) > 0
        self._complete(wanted, part)
        if is_right(part, wanted.bytes, wanted.sha256):
            return
        part.unlink()
        if not continued:
            raise SourceFailedError("carries another digest than the catalogue")
        self.report.say(f"{wanted.name}: what an earlier run left was damaged; fetching it again from the start")
        self.fetch(wanted, part)

    def _complete(self, wanted: Wanted, part: Path) -> None:
        import httpx  # noqa: PLC0415 - 80 ms, which commands without a download do not have

        reached = _length(part)
        failures = 0
        while _length(part) != wanted.bytes:
            broken: Exception | None = None
            try:
                self._continue(wanted, part)
            except httpx.TransportError as error:
                broken = error
            failures = 0 if _length(part) > reached else failures + 1
            reached = max(reached, _length(part))
            if failures == _TRIES or (reached == 0 and isinstance(broken, httpx.ConnectError | httpx.ConnectTimeout)):
                raise SourceFailedError(_reason(broken, reached, wanted.bytes)) from broken
            if broken:
                self.pause(float(failures))

    def _continue(self, wanted: Wanted, part: Path) -> None:
        """Ask once for what is still missing and append what comes."""
        have = _length(part)
        if have > wanted.bytes:
            part.unlink()
            have = 0
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with self.client.stream("GET", wanted.url, headers=headers, follow_redirects=True) as answer:
            if answer.status_code == _RANGE_REFUSED and have:
                part.unlink()  # the server knows a shorter file; from the start it will be judged by its digest
                return
            if answer.status_code not in {_OK, _PARTIAL}:
                raise SourceFailedError(f"answered {answer.status_code}")
            start = have if _goes_on(answer, have) else 0
            _refuse_other_length(answer, start, wanted)
            with part.open("r+b" if start else "wb") as stream:
                stream.seek(start)
                self._append(answer, stream.write, start, wanted)

    def _append(self, answer: "httpx.Response", write: Callable[[bytes], int], done: int, wanted: Wanted) -> None:
        for piece in answer.iter_raw():  # unbuffered: what came before a cut is kept
            done += len(piece)
            if done > wanted.bytes:
                raise SourceFailedError(f"sends more than the {wanted.bytes} bytes in the catalogue")
            write(piece)
            self.report.progress(wanted.name, done, wanted.bytes)


def _goes_on(answer: "httpx.Response", have: int) -> bool:
    """Whether the body starts where we stopped; a server that ignores ranges starts anew."""
    if answer.status_code == _OK:
        return False
    if not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        raise SourceFailedError("sends another range than was asked for")
    return True


def _refuse_other_length(answer: "httpx.Response", start: int, wanted: Wanted) -> None:
    """Do not load a gigabyte whose length already tells that it is something else."""
    announced = answer.headers.get("Content-Length")
    if announced is not None and int(announced) != wanted.bytes - start:
        raise SourceFailedError(f"carries {start + int(announced)} bytes, the catalogue says {wanted.bytes}")


def _length(part: Path) -> int:
    with suppress(FileNotFoundError):
        return part.stat().st_size
    return 0


def _reason(error: Exception | None, done_bytes: int, total_bytes: int) -> str:
    what = "ended" if error is None else str(error) or type(error).__name__
    return f"broke off at {done_bytes} of {total_bytes} bytes ({what})" if done_bytes else f"unreachable ({what})"
