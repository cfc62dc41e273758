"""A recording of both sides as it is made: the caller on the left, the agent on the right."""

import logging
import os
import struct
from collections.abc import Collection
from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

_log: Final = logging.getLogger(__name__)

RATE_HZ: Final = 8000
FLUSHED_BYTES: Final = 16000
"""One second of the caller goes to the disk at a time."""
KEY_BYTES: Final = 16000
"""A key is known when it is let go, and few are held for longer than a second: so much is held back from the disk."""


class Recording:
    """The caller's audio is the clock: whatever the agent says meanwhile is laid beside it."""

    def __init__(self, path: Path, writer: Executor) -> None:
        """Grow `path` with `.part` behind it; the disk is touched only in the writer's thread."""
        self.path: Final = path
        self._part = path.with_name(path.name + ".part")
        self._writer = writer
        self._caller, self._agent = bytearray(), bytearray()
        self._beside = bytearray()
        """The agent's part beside all that the caller said since the last write."""
        self._file: BinaryIO | None = None
        self._has_failed = False

    def caller_said(self, pcm: bytes) -> None:
        """Audio from the caller, in order."""
        self._caller += pcm
        if self._agent:
            self._beside += bytes(len(self._caller) - len(pcm) - len(self._beside)) + self._agent[: len(pcm)]
            del self._agent[: len(pcm)]
        if len(self._caller) >= FLUSHED_BYTES + KEY_BYTES:
            self._flush(len(self._caller) - KEY_BYTES)

    def caller_pressed(self) -> None:
        """A telephone may send a key's tone beside the event, or the beginning of it: nobody is to hear a number."""
        self._caller[-KEY_BYTES:] = bytes(len(self._caller[-KEY_BYTES:]))

    def agent_says(self, pcm: bytes) -> None:
        """Sound that begins to play now, or right after what already plays."""
        self._agent += pcm

    def agent_was_cut(self) -> None:
        """What was not played yet never will be."""
        self._agent.clear()

    def finish(self) -> None:
        """Complete the file in the writer's thread."""
        self._flush(len(self._caller))
        self._writer.submit(self._finish)

    def _flush(self, length: int) -> None:
        beside = bytes(self._beside[:length]).ljust(length, b"\0")
        self._writer.submit(self._append, bytes(self._caller[:length]), beside)
        del self._caller[:length], self._beside[:length]

    def _append(self, caller: bytes, agent: bytes) -> None:
        if self._has_failed:
            return
        try:
            if self._file is None:
                self._file = self._part.open("wb")
                self._file.write(header(0))
            both = np.stack((np.frombuffer(caller, "<i2"), np.frombuffer(agent, "<i2")), axis=1)
            self._file.write(both.tobytes())
            self._file.flush()
        except OSError as error:
            # A full disk ends the recording, never the call.
            self._has_failed = True
            _log.error("recording_failed", extra={"file": self.path.name, "why": str(error)})

    def _finish(self) -> None:
        if self._file is None:
            return
        try:
            with self._file as file:
                repair(file)
            self._part.replace(self.path)
        except OSError as error:
            _log.error("recording_failed", extra={"file": self.path.name, "why": str(error)})


def header(data_bytes: int, channels: int = 2, rate_hz: int = RATE_HZ) -> bytes:
    """The beginning of a WAV file."""
    frame = 2 * channels
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate_hz, rate_hz * frame, frame, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + data_bytes, b"WAVE") + form + struct.pack("<4sI", b"data", data_bytes)


def repair(file: BinaryIO) -> None:
    """Give a WAV file the lengths that it really has, and make it durable."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    file.write(header((size - len(header(0))) & ~3))
    file.flush()
    os.fsync(file.fileno())


def finish_torn(folder: Path, open_calls: Collection[str] = ()) -> int:
    """Complete what a crash left behind, unless its call goes on; returns how many recordings that were."""
    torn = [part for part in folder.glob("*.wav.part") if part.name.removesuffix(".wav.part") not in open_calls]
    for part in torn:
        with part.open("r+b") as file:
            repair(file)
        part.replace(part.with_suffix(""))
    return len(torn)


def write_message(path: Path, pcm: bytes, rate_hz: int) -> None:
    """A message that a caller left, as a file of its own."""
    path.write_bytes(header(len(pcm), 1, rate_hz) + pcm)
