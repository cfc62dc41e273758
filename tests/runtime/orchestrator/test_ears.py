"""Ears on a real pipe."""

import os
from collections.abc import AsyncIterator

import pytest

from voicectl_runtime.orchestrator import ears as ears_module
from voicectl_runtime.orchestrator.ears import LOOK_BACK_MS, NEWEST_MS, Ears
from voicectl_runtime.orchestrator.wide_ears import WideEars


class Line:
    """Asterisk's end of descriptor 3, a clock, and what was heard."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ears: type[Ears] = Ears) -> None:
        self.now_ms = 1000.0
        monkeypatch.setattr(ears_module, "now_ms", lambda: self.now_ms)
        self.heard: list[tuple[bytes, float]] = []
        audio, self.end = os.pipe()
        self.ears = ears(audio, lambda pcm, at_ms: self.heard.append((pcm, at_ms)))

    def plays(self, pcm: bytes) -> None:
        """Audio arrives, and is read."""
        os.write(self.end, pcm)
        self.ears.read()


@pytest.fixture
async def line(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    line = Line(monkeypatch)
    yield line
    line.ears.close()
    os.close(line.end)


@pytest.fixture
async def wide(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    line = Line(monkeypatch, WideEars)
    yield line
    line.ears.close()
    os.close(line.end)


async def test_wideband_is_kept_whole_and_handed_on_by_half(wide: Line) -> None:
    """The recogniser gets 16 kHz with the look-back; the speech detector, the echo and the recording get 8."""
    began_ms = wide.now_ms
    for number in range(50):
        wide.now_ms += 20
        wide.plays(bytes([number, 0]) * 320)

    assert {len(pcm) for pcm, _ in wide.heard} == {320}
    assert wide.ears.speech_since(began_ms + 900) == b"".join(bytes([number, 0]) * 320 for number in range(20, 50))
    assert len(wide.ears.newest(wide.now_ms, 64)) == 64 * 16
    wide.ears.forget_before(wide.now_ms)
    assert len(wide.ears.speech_since(began_ms)) == LOOK_BACK_MS * 32
    wide.ears.forget_answered()
    assert len(wide.ears.speech_since(began_ms)) == NEWEST_MS * 32


async def test_wideband_that_was_lost_is_counted(wide: Line) -> None:
    """A full pipe holds half as long a sound as it does of narrowband."""
    wide.now_ms += 10_000
    os.set_blocking(wide.end, False)
    for _ in range(500):
        try:
            os.write(wide.end, bytes(640))
        except BlockingIOError:
            break
    wide.ears.read()

    assert wide.ears.audio_gap_ms == pytest.approx(10_000 - 1_920, abs=150)


async def test_a_silent_wideband_line_is_as_long_as_any(wide: Line) -> None:
    """What stands in for frames that don't come has the length of their time."""
    wide.now_ms += 300
    wide.ears._check_drought()

    assert sum(len(pcm) for pcm, _ in wide.heard) == 300 * 16


async def test_odd_bytes_are_aligned(line: Line) -> None:
    """Half a sample waits for its other half; nothing shifts."""
    whole = bytes(range(9)) + b"\x09"
    line.plays(whole[:3])
    line.plays(whole[3:4])
    line.plays(whole[4:9])
    line.plays(whole[9:])

    assert b"".join(pcm for pcm, _ in line.heard) == whole
    assert all(len(pcm) % 2 == 0 for pcm, _ in line.heard)


async def test_audio_that_was_lost_is_counted(line: Line) -> None:
    """A reader that slept ten seconds finds 3.84 s in a full pipe, and says that 6.16 s are lost."""
    line.plays(bytes(320))
    line.now_ms += 10_000
    os.set_blocking(line.end, False)
    for _ in range(500):
        try:
            os.write(line.end, bytes(320))
        except BlockingIOError:
            break
    line.ears.read()

    assert line.ears.audio_gap_ms == pytest.approx(10_000 - 3_840, abs=100)


async def test_a_late_read_without_a_loss_is_no_gap(line: Line) -> None:
    """What waited in the pipe is all there."""
    line.plays(bytes(320))
    line.now_ms += 2000
    line.plays(bytes(32000))

    assert line.ears.audio_gap_ms == 0


async def test_a_line_without_frames_is_silent(line: Line) -> None:
    """A muted phone sends nothing: silence stands in, so that turns end and watchdogs run."""
    line.plays(b"\x01\x00" * 160)
    line.now_ms += 150
    line.ears._check_drought()
    assert len(line.heard) == 1

    line.now_ms += 150
    line.ears._check_drought()

    assert line.heard[1] == (bytes(300 * 16), 1300.0)


async def test_first_words_are_whole(line: Line) -> None:
    """A turn's audio begins half a second before the detector heard it."""
    line.plays(b"\x01\x00" * 8 * 1000)
    line.now_ms += 500
    line.plays(b"\x02\x00" * 8 * 500)

    speech = line.ears.speech_since(1200.0)

    assert len(speech) == (300 + LOOK_BACK_MS) * 16
    assert speech.startswith(b"\x01\x00" * 8 * (LOOK_BACK_MS - 200) + b"\x02\x00")


async def test_what_no_turn_needs_is_forgotten(line: Line) -> None:
    """An hour of silence takes no memory."""
    for _ in range(100):
        line.now_ms += 20
        line.plays(bytes(320))
        line.ears.forget_before(line.now_ms)

    assert len(line.ears._kept) == LOOK_BACK_MS * 16


async def test_asterisk_closing_its_end(line: Line) -> None:
    """Does not keep the loop busy."""
    os.close(line.end)
    line.ears.read()
    _, line.end = os.pipe()

    assert line.heard == []
