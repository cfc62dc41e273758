"""The voice of last resort: espeak-ng, a small program on this machine that needs no model and no service."""

import asyncio
import contextlib
import io
import wave
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import soxr

from voicectl_runtime.orchestrator.engines.errors import EngineError


class Espeak:
    """Starts the program for each text; what a caller or a model said goes in as text, never as an argument."""

    def __init__(self, program: Path, voice: str) -> None:
        """`voice`: espeak-ng's name of a language."""
        self._argv = (str(program), "-v", voice, "--stdin", "--stdout")

    async def speak(self, text: str, rate_hz: int) -> AsyncGenerator[bytes, None]:
        """As a `Speaker`, but all at once: a sentence takes some 40 ms."""
        # What stands in double brackets would be read as raw phonemes.
        plain = text.replace("[", " ").replace("]", " ")
        try:
            yield _telephone_sound(await self._run(plain.encode()), rate_hz)
        except (OSError, wave.Error, EOFError) as error:
            raise EngineError("tts", f"espeak-ng: {type(error).__name__}: {error}", again_after_s=None) from error

    async def _run(self, text: bytes) -> bytes:
        process = await asyncio.create_subprocess_exec(*self._argv, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
        try:
            sound, _ = await process.communicate(text)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        return sound


def _telephone_sound(wav: bytes, asked_hz: int) -> bytes:
    with wave.open(io.BytesIO(wav)) as file:
        if (file.getnchannels(), file.getsampwidth()) != (1, 2):
            raise wave.Error("not 16-bit mono")
        rate_hz, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2")
    if not len(samples):
        raise wave.Error("no sound")
    telephone: bytes = soxr.resample(samples, rate_hz, asked_hz).tobytes()
    return telephone
