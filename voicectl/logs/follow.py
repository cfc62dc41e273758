"""Reads on where a log grows, through rotation, one step at a time."""

import os
from pathlib import Path
from typing import BinaryIO, Final

from voicectl.logs.log_files import files_of
from voicectl.logs.log_line import LogLine, parse_line

_LARGEST_LINE_BYTES: Final = 1 << 20


class Follower:
    """One service's log from now on; each `step` gives the lines that were finished since the last."""

    def __init__(self, folder: Path, service: str) -> None:
        self._folder = folder
        self._service = service
        self._file: BinaryIO | None = None
        self._pending = b""
        self._before: LogLine | None = None
        self._open(folder / f"{service}.log", at_end=True)

    def step(self) -> list[LogLine]:
        """The new lines, those of files that were rotated away meanwhile first."""
        lines = self._read()
        for path in self._newer_files():
            self._pending = b""  # a line never goes on in another file
            self._open(path, at_end=False)
            lines += self._read()
        return lines

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, path: Path, *, at_end: bool) -> None:
        self.close()
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            return
        if at_end:
            self._file.seek(0, os.SEEK_END)

    def _newer_files(self) -> list[Path]:
        """The files after the one that is being read: none while that is still the live one."""
        files = [path for path in files_of(self._folder, self._service) if path.exists()]
        if self._file is None:
            return files[-1:]
        own = os.fstat(self._file.fileno())
        for number, path in enumerate(files):
            try:
                if os.path.samestat(own, path.stat()):
                    return files[number + 1 :]
            except FileNotFoundError:
                continue
        return files[-1:]  # ours was deleted: all that is left is the live one

    def _read(self) -> list[LogLine]:
        if self._file is None:
            return []
        if self._file.tell() > os.fstat(self._file.fileno()).st_size:
            self._file.seek(0)  # the file was emptied in place
            self._pending = b""
        *finished, self._pending = (self._pending + self._file.read()).split(b"\n")
        if len(self._pending) > _LARGEST_LINE_BYTES:
            finished, self._pending = [*finished, self._pending], b""
        return [self._parse(raw) for raw in finished]

    def _parse(self, raw: bytes) -> LogLine:
        self._before = parse_line(self._service, raw.decode("utf-8", errors="replace").rstrip("\r"), self._before)
        return self._before
