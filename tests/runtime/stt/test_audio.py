"""What can be heard is heard at any rate; what cannot is refused with a reason, before it fills the memory."""

import io
import struct
import wave
from contextlib import suppress

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl_runtime.stt.audio import LONGEST_S, AudioError, from_file, from_pcm
from voicectl_runtime.stt.utterance import RATE_HZ

SECOND = (np.sin(2 * np.pi * 440 * np.arange(8000) / 8000) * 16000).astype("<i2").tobytes()


def wav(pcm: bytes = SECOND, rate_hz: int = 8000, channels: int = 1) -> bytes:
    """A sound file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(rate_hz)
        sound.writeframes(pcm)
    return file.getvalue()


def patched(at: int, value: bytes) -> bytes:
    """A sound file whose header lies."""
    file = bytearray(wav())
    file[at : at + len(value)] = value
    return bytes(file)


def flac(seconds: int) -> bytes:
    """Silence, which compresses a thousandfold."""
    file = io.BytesIO()
    with av.open(file, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=8000)
        stream.layout = "mono"
        for _ in range(seconds // 10):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 80000), np.int16), format="s16", layout="mono")
            frame.sample_rate = 8000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


@pytest.mark.parametrize("rate_hz", [8000, 16000, 22050, 44100, 48000])
def test_samples_of_any_rate_keep_their_length(rate_hz: int) -> None:
    """A second is a second, and a tone keeps its pitch."""
    tone = (np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz) * 16000).astype("<i2").tobytes()
    audio = from_pcm(tone, rate_hz)
    assert abs(len(audio) - RATE_HZ) < 40
    assert abs(np.abs(np.fft.rfft(audio)).argmax() * RATE_HZ / len(audio) - 440) < 2
    assert 0.45 < np.abs(audio).max() < 0.55


@pytest.mark.parametrize(("pcm", "rate_hz"), [(b"", 8000), (b"abc", 8000), (b"ab", 0), (b"ab", 7999), (b"ab", 10**9)])
def test_what_is_no_sound_is_refused(pcm: bytes, rate_hz: int) -> None:
    """Nothing, half a sample, and rates that no telephone has."""
    with pytest.raises(AudioError):
        from_pcm(pcm, rate_hz)


def test_samples_for_too_long_are_refused() -> None:
    """Eleven minutes at 8 kHz."""
    with pytest.raises(AudioError, match="longer"):
        from_pcm(bytes(2 * 8000 * (LONGEST_S + 60)), 8000)


def test_stereo_at_44100_is_heard() -> None:
    """What a recorder makes is welcome."""
    assert abs(len(from_file(wav(bytes(4 * 44100), 44100, 2))) - RATE_HZ) < 40


def test_a_header_that_promises_more_is_read_to_its_end() -> None:
    """A stream that was cut off still holds what came."""
    assert abs(len(from_file(patched(40, struct.pack("<I", 0x7FFFFFFF)))) - RATE_HZ) < 40


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        wav()[:30],
        wav(b""),
        patched(24, struct.pack("<I", 0)),
        patched(22, struct.pack("<H", 0)),
        patched(22, struct.pack("<H", 65535)),
        patched(34, struct.pack("<H", 0)),
        b"\xff\xfb" + bytes(range(256)) * 40,
        b"RIFF" + bytes(5000),
    ],
    ids=range(12),
)
def test_what_cannot_be_decoded_is_refused(content: bytes) -> None:
    """Empty, text, lists of other files, cut headers, lying headers, junk under a known sign."""
    with pytest.raises(AudioError):
        from_file(content)


def test_ten_hours_in_a_few_megabytes_are_refused() -> None:
    """What decodes to hours is stopped while it decodes."""
    content = flac(LONGEST_S + 60)
    assert len(content) < 200_000
    with pytest.raises(AudioError, match="longer"):
        from_file(content)


@given(
    st.sampled_from([b"RIFF", b"fLaC", b"OggS", b"ID3", b"\x1a\x45\xdf\xa3", b"\0\0\0\x20ftyp"]),
    st.binary(max_size=400),
)
def test_junk_is_refused_or_heard_but_never_anything_else(sign: bytes, junk: bytes) -> None:
    """No content of a file raises what the service does not know."""
    with suppress(AudioError):
        assert len(from_file(sign + junk)) > 0
