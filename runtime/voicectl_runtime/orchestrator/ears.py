"""What one caller says: audio read as it comes, kept as long as a turn may need it, every loss counted."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from typing import Final

BYTES_PER_MS: Final = 16
"""8 kHz, 16 bits, one channel."""
LOOK_BACK_MS: Final = 500
"""Kept from before the speech detector's first voiced window, so that first words are whole."""
NEWEST_MS: Final = 100
"""Kept where the agent begins to speak: an interruption may have begun already."""
DROUGHT_MS: Final = 200
"""After this long without a frame the line is taken for silent; phones that mute send nothing at all."""
FULL_PIPE: Final = 0.9
"""A pipe as full as this has lost audio: Asterisk's writes don't wait, and fail unseen."""
PIPE_BYTES: Final = 65536

_log: Final = logging.getLogger(__name__)

OnAudio = Callable[[bytes, float], None]
"""Takes whole samples and the monotonic time in milliseconds at which the last of them was spoken."""


class Ears:
    """Reads descriptor 3 of a call."""

    bytes_per_ms = BYTES_PER_MS
    """Of what is read."""

    def __init__(self, audio: int, on_audio: OnAudio) -> None:
        """Own the descriptor and begin to read."""
        self._audio, self._on_audio = audio, on_audio
        self._loop = asyncio.get_running_loop()
        self._odd = b""
        self._kept = bytearray()
        self._read_ms = now_ms()
        self.audio_gap_ms = 0.0
        """Audio that was lost because this process read too late."""
        os.set_blocking(audio, False)
        self._loop.add_reader(audio, self.read)
        self._drought = self._loop.call_later(DROUGHT_MS / 1000, self._check_drought)

    def read(self) -> None:
        """Take all that has come, and hand it on."""
        data = self._odd + self._drain()
        whole = len(data) & ~1
        data, self._odd = data[:whole], data[whole:]
        at_ms = now_ms()
        if not data:
            return
        if whole >= FULL_PIPE * PIPE_BYTES:
            self.audio_gap_ms += max(0.0, at_ms - self._read_ms - whole / self.bytes_per_ms)
        self._read_ms = at_ms
        self._hand_on(data, at_ms)

    def speech_since(self, began_ms: float) -> bytes:
        """What was said from `began_ms` on, with the look-back before it."""
        wanted = int(self._read_ms - began_ms + LOOK_BACK_MS) * BYTES_PER_MS
        return bytes(self._kept[-wanted:]) if wanted > 0 else b""

    def newest(self, at_ms: float, length_ms: int) -> bytes:
        """The sound that ended at `at_ms`, which is not long ago; silence where the line has not been open as long."""
        after = int(self._read_ms - at_ms) * BYTES_PER_MS
        end = max(0, len(self._kept) - after)
        return bytes(self._kept[max(0, end - length_ms * BYTES_PER_MS) : end]).rjust(length_ms * BYTES_PER_MS, b"\0")

    def forget_before(self, began_ms: float) -> None:
        """Let go of what no turn can need any more."""
        wanted = int(self._read_ms - began_ms + LOOK_BACK_MS) * BYTES_PER_MS
        del self._kept[: max(0, len(self._kept) - wanted)]

    def forget_answered(self) -> None:
        """The agent begins to speak: no word of what it answers is to be heard again, however far back a turn looks."""
        del self._kept[: -NEWEST_MS * BYTES_PER_MS]

    def close(self) -> None:
        """Stop listening."""
        if self._audio >= 0:
            self._drought.cancel()
            self._loop.remove_reader(self._audio)
            os.close(self._audio)
            self._audio = -1

    def _drain(self) -> bytes:
        try:
            # A pipe never holds more, so one read takes all.
            if data := os.read(self._audio, PIPE_BYTES):
                return data
        except BlockingIOError:
            return b""
        except OSError as error:
            _log.warning("ears_failed", extra={"why": str(error)})
        # Asterisk closed its end: without this the loop would spin on a readable descriptor.
        self._loop.remove_reader(self._audio)
        return b""

    def _check_drought(self) -> None:
        """Stand in with silence for frames that don't come, so that turns and watchdogs need no second clock."""
        self._drought = self._loop.call_later(DROUGHT_MS / 2000, self._check_drought)
        if now_ms() - self._read_ms >= DROUGHT_MS:
            self.read()
        missing_ms = int(now_ms() - self._read_ms)
        if missing_ms >= DROUGHT_MS:
            self._read_ms += missing_ms
            self._hand_on(bytes(missing_ms * self.bytes_per_ms), self._read_ms)

    def _hand_on(self, data: bytes, at_ms: float) -> None:
        self._kept += data
        self._on_audio(data, at_ms)


def now_ms() -> float:
    """The clock of every event: monotonic, and the same for all processes of the machine."""
    return time.monotonic() * 1000
