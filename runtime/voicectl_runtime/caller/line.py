"""What the caller says: text in flite's voice, or a recording, as 20 ms frames at 8 kHz."""

import subprocess
import tempfile
import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import soxr

from voicectl_runtime.caller.errors import PhoneError
from voicectl_runtime.caller.g711 import Pcm
from voicectl_runtime.caller.recording import RATE_HZ
from voicectl_runtime.caller.schedule import SAMPLES
from voicectl_runtime.caller.voice import voiced_frames

_VOICE: Final = "slt"  # Whisper understands it over 8 kHz almost word for word; espeak-ng it does not
_LONGEST_S: Final = 60
_SPEAKING_S: Final = 30
_SAMPLE_BYTES: Final = 2


@dataclass(frozen=True)
class Line:
    """One thing to say."""

    frames: tuple[Pcm, ...]
    voiced: tuple[bool, ...]
    """Per frame, whether a listener would call it voice."""

    @property
    def last_voiced(self) -> int:
        """The frame after which the caller has stopped speaking."""
        return max(number for number, is_voice in enumerate(self.voiced) if is_voice)


def line_of_text(text: str) -> Line:
    """Say a text; the same text is synthesised once."""
    return _line(_spoken(text), repr(text))


def line_of_file(path: Path) -> Line:
    """Play a recording."""
    return _line(_read(path), str(path))


@cache
def _spoken(text: str) -> Pcm:
    with tempfile.TemporaryDirectory(prefix="voicectl-phone-") as folder:
        path = Path(folder, "line.wav")
        command = ["flite", "-voice", _VOICE, "-t", text, "-o", str(path)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_SPEAKING_S)
        except FileNotFoundError as error:
            raise PhoneError(
                "flite is not installed, so there is no voice to call with: apt-get install flite"
            ) from error
        except (OSError, subprocess.SubprocessError) as error:
            raise PhoneError(f"flite could not say {text!r}: {error}") from error
        return _read(path)


def _read(path: Path) -> Pcm:
    try:
        with wave.open(str(path), "rb") as sound:
            channels, width, rate = sound.getnchannels(), sound.getsampwidth(), sound.getframerate()
            if width != _SAMPLE_BYTES or sound.getnframes() > _LONGEST_S * rate:
                raise PhoneError(f"{path}: wants 16-bit samples and at most {_LONGEST_S} s")
            samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
    except (OSError, EOFError, wave.Error) as error:
        raise PhoneError(f"{path}: not a WAV file that can be played: {error}") from error
    mono = samples.reshape(-1, channels).mean(axis=1).astype(np.int16)
    resampled: Pcm = soxr.resample(mono, rate, RATE_HZ).astype(np.int16)
    return resampled


def _line(pcm: Pcm, source: str) -> Line:
    whole = np.pad(pcm, (0, -len(pcm) % SAMPLES))
    frames = list(whole.reshape(-1, SAMPLES))
    voiced = voiced_frames(frames)
    if not any(voiced):
        raise PhoneError(f"nothing can be heard in {source}")
    # What comes before the voice would only make the caller slow to answer.
    start = max(0, voiced.index(True) - 1)
    return Line(tuple(frames[start:]), voiced[start:])
