"""The telephone line on the virtual clock: what the caller says goes in, what the caller hears comes out."""

import asyncio
import os
from pathlib import Path
from typing import Final

from tests.runtime.orchestrator.scenarios.spoken import SAMPLES_PER_MS, Vocabulary, runs
from voicectl_runtime.orchestrator.replies import Reply

FRAME_MS: Final = 20
FRAME_BYTES: Final = 2 * SAMPLES_PER_MS * FRAME_MS


class Line:
    """Asterisk, as ears and mouth know it: a pipe of audio, and files that are played until a command comes."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._loop = asyncio.get_running_loop()
        self.audio, self._audio = os.pipe()
        self._to_say = bytearray()
        self._all_said = asyncio.Event()
        self.last_voiced_ms = self.first_voiced_ms = self.quiet_since_ms = 0.0
        self._played: list[tuple[float, bytes]] = []
        self._stop: asyncio.Future[None] | None = None
        self._key = ""
        self._frames = self._loop.create_task(self._send_frames())

    @property
    def now_ms(self) -> float:
        """The virtual clock."""
        return self._loop.time() * 1000

    async def say(self, text: str) -> None:
        """The caller speaks, to the last word."""
        self.first_voiced_ms = 0.0
        self._to_say += self._vocabulary.say(text)
        self._all_said.clear()
        await self._all_said.wait()

    async def stream(self, file: str, longest_s: float, from_sample: int) -> Reply | None:
        """STREAM FILE, which sends whole frames."""
        sound = _sound_of(file)[2 * from_sample :]
        length_s = len(sound) / 2 / SAMPLES_PER_MS / 1000
        assert longest_s >= length_s
        self._played.append((self.now_ms, sound))
        number, stop = len(self._played) - 1, self._loop.create_future()
        self._stop = stop
        try:
            await asyncio.wait_for(stop, length_s)
        except TimeoutError:
            return Reply(0, endpos=from_sample + len(sound) // 2)
        finally:
            self._stop = None if self._stop is stop else self._stop
            self.quiet_since_ms = self.now_ms
            self._cut(number)
        if self._key:
            key, self._key = self._key, ""
            return Reply(ord(key), endpos=from_sample + len(self._played[number][1]) // 2)
        return None

    def presses(self, key: str) -> None:
        """A key of the caller's stops what plays."""
        if self._stop is not None and not self._stop.done():
            self._key = key
            self._stop.set_result(None)

    def interrupt(self) -> None:
        """Any other command ends what plays."""
        if self._stop is not None and not self._stop.done():
            self._stop.set_result(None)

    @property
    def is_playing(self) -> bool:
        """Whether the agent is heard right now."""
        return self._stop is not None

    def heard(self, since_ms: float = 0.0) -> list[tuple[float, str]]:
        """Every word that the caller heard, with the time of its beginning."""
        words = []
        joined = b"".join(self._heard_of(began_ms, sound) for began_ms, sound in self._played if began_ms >= since_ms)
        for number, at, samples in runs(joined):
            if number and samples * 2 >= self._vocabulary[number].length_ms * SAMPLES_PER_MS:
                words.append((self._time_of(at, since_ms), self._vocabulary[number].text))
        return words

    def first_sound_ms(self, since_ms: float) -> float | None:
        """When the first sound was heard after a time."""
        return next((began_ms for began_ms, _ in self._played if began_ms >= since_ms), None)

    def longest_silence_ms(self, since_ms: float) -> float:
        """The longest the caller has heard nothing from then on until the agent's last sound."""
        quiet_ms, longest_ms = since_ms, 0.0
        for began_ms, sound in self._played:
            if began_ms >= since_ms:
                longest_ms = max(longest_ms, began_ms - quiet_ms)
                quiet_ms = began_ms + len(sound) / 2 / SAMPLES_PER_MS
        return longest_ms

    def close(self) -> None:
        """The caller is gone."""
        self._frames.cancel()
        os.close(self._audio)

    def _heard_of(self, began_ms: float, sound: bytes) -> bytes:
        return sound[: 2 * SAMPLES_PER_MS * max(0, int(self.now_ms - began_ms + 0.5))]

    def _time_of(self, sample: int, since_ms: float) -> float:
        for began_ms, sound in self._played:
            if began_ms >= since_ms:
                length = len(self._heard_of(began_ms, sound)) // 2
                if sample < length:
                    return began_ms + sample / SAMPLES_PER_MS
                sample -= length
        raise AssertionError("a word that was not played")

    def _cut(self, number: int) -> None:
        began_ms, sound = self._played[number]
        frames = int((self.now_ms - began_ms) / FRAME_MS) + 1
        self._played[number] = (began_ms, sound[: frames * FRAME_BYTES])

    async def _send_frames(self) -> None:
        """A frame every 20 ms, as a phone sends them, whether somebody speaks or not."""
        next_s = self._loop.time()
        while True:
            frame = bytes(self._to_say[:FRAME_BYTES]).ljust(FRAME_BYTES, b"\0")
            next_s += FRAME_MS / 1000
            await asyncio.sleep(next_s - self._loop.time())
            del self._to_say[:FRAME_BYTES]
            if not self._to_say:
                self._all_said.set()
            os.write(self._audio, frame)
            if any(frame):
                self.last_voiced_ms = self.now_ms
                self.first_voiced_ms = self.first_voiced_ms or self.now_ms - FRAME_MS


def _sound_of(file: str) -> bytes:
    return Path(f"{file}.sln").read_bytes()
