"""Turns what was sent into audio that Whisper can hear, and refuses what is none, before it can fill the memory."""

import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

import av
import numpy as np

from voicectl_runtime.stt.utterance import RATE_HZ, Audio

LONGEST_S: Final = 600
"""Ten minutes; a few megabytes of a compressing format can hold days."""

RATES_HZ: Final = range(8_000, 48_001)

FORMATS: Final = (
    (0, b"RIFF", "wav"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"ID3", "mp3"),
    (0, b"\xff\xfb", "mp3"),
    (0, b"\xff\xf3", "mp3"),
    (0, b"\xff\xf2", "mp3"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (4, b"ftyp", "mp4"),
)
"""Known by their first bytes. FFmpeg must not guess: some of what it reads are lists of other files to open."""


class AudioError(Exception):
    """What was sent cannot be heard; the message says why."""


def from_pcm(pcm: bytes, rate_hz: int) -> Audio:
    """Signed 16-bit little-endian mono.

    Raises:
        AudioError: nothing, half a sample, too long, or a rate that no telephone has.
    """
    if rate_hz not in RATES_HZ:
        raise AudioError(f"sample_rate must lie between {RATES_HZ[0]} and {RATES_HZ[-1]}, not {rate_hz}")
    if not pcm:
        raise AudioError("the body is empty")
    if len(pcm) % 2:
        raise AudioError("the body ends in the middle of a 16-bit sample")
    if len(pcm) > 2 * rate_hz * LONGEST_S:
        raise AudioError(f"longer than {LONGEST_S} s")
    samples = np.frombuffer(pcm, "<i2")
    if rate_hz == RATE_HZ:
        return samples.astype(np.float32) * np.float32(1 / 32768)
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate_hz
    return _resampled([frame])


def from_file(content: bytes) -> Audio:
    """A sound file in one of the usual formats, at any rate, with any number of channels.

    Raises:
        AudioError: empty, of an unknown format, damaged, silent of any sample, or too long.
    """
    if not content:
        raise AudioError("the file is empty")
    kind = next((name for at, magic, name in FORMATS if content[at : at + len(magic)] == magic), None)
    if kind is None:
        raise AudioError("not a sound file of a known format (wav, mp3, flac, ogg, webm, m4a)")
    try:
        with av.open(io.BytesIO(content), format=kind, metadata_errors="ignore") as container:
            return _resampled(_frames(container))
    except (av.FFmpegError, ValueError) as error:
        raise AudioError(f"the file cannot be decoded as {kind}: {error}") from error


def _frames(container: Any) -> Iterator[av.AudioFrame]:
    if not container.streams.audio:
        raise AudioError("the file holds no sound")
    yield from container.decode(container.streams.audio[0])


def _resampled(frames: Iterable[av.AudioFrame]) -> Audio:
    """All frames as one, mono at Whisper's rate."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    pieces: list[Audio] = []
    samples = 0
    for frame in _and_end(frames):
        for piece in resampler.resample(frame):
            pieces.append(piece.to_ndarray()[0])
            samples += len(pieces[-1])
        if samples > LONGEST_S * RATE_HZ:
            raise AudioError(f"longer than {LONGEST_S} s")
    if not samples:
        raise AudioError("the file holds no sound")
    audio: Audio = np.concatenate(pieces)
    return audio


def _and_end(frames: Iterable[av.AudioFrame]) -> Iterator[av.AudioFrame | None]:
    """The resampler gives its last samples when it is told that no more will come."""
    yield from frames
    yield None
