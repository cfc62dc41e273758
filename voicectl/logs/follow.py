"""Reads a service's log from its oldest file to its newest line, and on from there, through rotation."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from voicectl.errors import ServiceError
from voicectl.logs.log_files import files_of
from voicectl.logs.log_line import LogLine, parse_line

_LARGEST_LINE_BYTES: Final = 1 << 20


class Follower:
    """One service's log; each `step` gives the finished lines that no step gave before."""

    def __init__(self, folder: Path, service: str) -> None:
        self._folder = folder
        self._service = service
        self._file: BinaryIO | None = None
        self._pending = b""
        self._before: LogLine | None = None

    def step(self) -> Iterator[LogLine]:
        """The lines up to now, oldest first."""
        try:
            yield from self._read()
            while (path := self._next_file()) is not None:
                self._open(path)
                yield from self._read()
        except OSError as error:
            problem = f"the log cannot be read ({error.strerror})"
            raise ServiceError("E545", str(error.filename), problem, fix="run the command as root") from error

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, path: Path) -> None:
        self.close()
        self._pending = b""  # a line never goes on in another file
        self._file = path.open("rb")

    def _next_file(self) -> Path | None:
        """The file after the one that is read; a file keeps its identity when rotation gives it another name."""
        files = [path for path in files_of(self._folder, self._service) if path.exists()]
        own = None if self._file is None else os.fstat(self._file.fileno())
        for number, path in enumerate(files):
            if own is not None and os.path.samestat(own, path.stat()):
                return files[number + 1] if number + 1 < len(files) else None
        return files[0] if files else None  # the first of all, or ours was deleted

    def _read(self) -> Iterator[LogLine]:
        if self._file is None:
            return
        if self._file.tell() > os.fstat(self._file.fileno()).st_size:
            self._file.seek(0)  # the file was emptied in place
            self._pending = b""
        while raw := self._file.readline(_LARGEST_LINE_BYTES):
            self._pending += raw
            if raw.endswith(b"\n") or len(self._pending) >= _LARGEST_LINE_BYTES:
                finished, self._pending = self._pending, b""
                yield self._parse(finished)

    def _parse(self, raw: bytes) -> LogLine:
        text = raw.decode("utf-8", errors="replace").rstrip("\r\n")
        self._before = parse_line(self._service, text, self._before)
        return self._before
