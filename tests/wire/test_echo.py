"""The agent's own voice on the caller's line: real voices, the real speech detector and turn, a clock of frames."""

import asyncio
import subprocess
import wave
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from voicectl_runtime.caller.g711 import BY_PAYLOAD_TYPE
from voicectl_runtime.orchestrator import echo as module
from voicectl_runtime.orchestrator.echo import COMPARED_MS, Echo
from voicectl_runtime.orchestrator.onset import HINT
from voicectl_runtime.orchestrator.turn import Event, Turn, Yielded
from voicectl_runtime.orchestrator.vad import SpeechDetector
from voicectl_runtime.settings import Turns

Sound = NDArray[np.float32]

pytestmark = pytest.mark.wire

MODEL: Final = Path("silero-vad-v6", "silero_vad.onnx")
POLICY: Final = Turns(
    MODEL,
    stop_ms=200,
    patience_ms=480,
    barge_in_ms=60,
    silence_ms=60_000,
    longest_turn_ms=30_000,
    endpointing="adaptive",
    turn_model_file=None,
)
ANSWER: Final = "We are open Monday to Friday, from eight in the morning until six in the evening."
QUESTIONS: Final = ("what are your opening hours", "no wait I meant tomorrow", "can I talk to somebody please")
FRAME: Final = 160
MICRO_LAW: Final = BY_PAYLOAD_TYPE[0]
LINES: Final = [(-20, 80), (-12, 200), (-6, 30), (-25, 300)]


@cache
def said(text: str, voice: str) -> Sound:
    """Speech as it stands on a telephone line: 8 kHz, its peak 4 dB below full scale, no silence in front."""
    path = Path(f"/tmp/voicectl-test-{voice}.wav")  # noqa: S108 - removed at once
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", path], check=True)
    with wave.open(str(path)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
        rate_hz = file.getframerate()
    path.unlink()
    sound = soxr.resample(sound, rate_hz, 8000)
    sound = sound / np.abs(sound).max() * 0.6
    return np.asarray(sound[np.flatnonzero(np.abs(sound) > 0.02)[0] :], np.float32)


def returned(sound: Sound, level_db: float, delay_ms: int, *, through_room: bool) -> Sound:
    """The echo of a sound."""
    delay = delay_ms * 8
    if through_room:
        response = np.random.default_rng(1).normal(0, 1, 64) * np.exp(-np.arange(64) / 12)
        response[0] = 2
        sound = np.convolve(sound, response / np.linalg.norm(response))[: len(sound)].astype(np.float32)
    return np.concatenate((np.zeros(delay, np.float32), sound)) * np.float32(10 ** (level_db / 20))


def mixed(*sounds: tuple[int, Sound]) -> bytes:
    """Sounds from their milliseconds on, with a line's hiss, through the telephone's codec."""
    line = np.random.default_rng(2).normal(0, 1e-4, max(at * 8 + len(sound) for at, sound in sounds) + 8000)
    for at, sound in sounds:
        line[at * 8 : at * 8 + len(sound)] += sound
    coded = MICRO_LAW.encode((np.clip(line, -1, 1) * 32767).astype(np.int16))
    return bytes(MICRO_LAW.decode(coded).astype("<i2").tobytes())


class Listener:
    """A call's ears and turn while the agent speaks, without the rest of the call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, models_dir: Path) -> None:
        self.now_ms = 0.0
        monkeypatch.setattr(module, "now_ms", lambda: self.now_ms)
        self.echo, self.turn = Echo(), Turn(POLICY, 0.0)
        self.turn.agent_started()
        self.events: list[Event] = []
        self._heard = bytes(COMPARED_MS * 16)
        self._stream = SpeechDetector(models_dir / MODEL, gathered_s=0).stream(self._on_window)

    async def listen(self, heard: bytes, pieces: Sequence[tuple[float, bytes]]) -> list[Event]:
        """Hear a line frame by frame, while pieces are played at their times."""
        waiting = list(pieces)
        for at in range(0, len(heard), 2 * FRAME):
            self.now_ms += 20
            while waiting and waiting[0][0] < self.now_ms:
                self.echo.plays(waiting.pop(0)[1])
            frame = heard[at : at + 2 * FRAME]
            self._heard += frame
            self._stream.feed(frame, self.now_ms)
            await asyncio.sleep(0)
        return self.events

    def _on_window(self, probability: float, at_ms: float) -> None:
        end = len(self._heard) - round((self.now_ms - at_ms) * 16)
        compared = self._heard[end - COMPARED_MS * 16 : end]
        if self.echo.is_heard(compared, at_ms, voiced=probability >= HINT):
            probability = 0.0
        self.events += self.turn.heard(probability, at_ms, POLICY.stop_ms)


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch, models_dir: Path) -> Listener:
    return Listener(monkeypatch, models_dir)


def pieces_of(sound: Sound, length_ms: int, lateness_ms: Sequence[float] = (0,)) -> list[tuple[float, bytes]]:
    """As the mouth plays it: each piece when the one before has ended, or a little later."""
    pcm = (sound * 32767).astype("<i2").tobytes()
    cuts = range(0, len(pcm), length_ms * 16)
    return [(at / 16 + lateness_ms[n % len(lateness_ms)], pcm[at : at + length_ms * 16]) for n, at in enumerate(cuts)]


@pytest.mark.parametrize("through_room", [False, True])
@pytest.mark.parametrize(("level_db", "delay_ms"), LINES)
@pytest.mark.parametrize("length_ms", [300, 60_000])
async def test_an_echo_does_not_interrupt(
    listener: Listener, length_ms: int, level_db: float, delay_ms: int, *, through_room: bool
) -> None:
    """Whatever comes back of a sentence, and whenever, also after its end."""
    answer = said(ANSWER, "rms")
    echo = returned(answer, level_db, delay_ms, through_room=through_room)

    events = await listener.listen(mixed((0, echo)), pieces_of(answer, length_ms, (0, 3, 7, 1)))

    assert events == []


async def test_the_same_sound_without_a_playback_does(listener: Listener) -> None:
    """What is not compared is a voice: these tests could fail."""
    echo = returned(said(ANSWER, "rms"), -20, 80, through_room=False)

    assert isinstance((await listener.listen(mixed((0, echo)), []))[0], Yielded)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(("line", "caller_db"), [((-20, 80), 0), ((-20, 80), -10), ((-12, 200), 0), ((-12, 200), -10)])
@pytest.mark.parametrize("at_ms", [400, 1730])
async def test_a_caller_interrupts_over_the_echo(
    listener: Listener, question: str, line: tuple[float, int], caller_db: float, at_ms: int
) -> None:
    """Double talk: within two windows more than on a quiet line."""
    answer = said(ANSWER, "rms")
    echo = returned(answer, *line, through_room=True)
    caller = said(question, "slt") * np.float32(10 ** (caller_db / 20))

    events = await listener.listen(mixed((0, echo), (at_ms, caller)), pieces_of(answer, 300))

    yielded = events[0]
    assert isinstance(yielded, Yielded)
    assert at_ms - 32 < yielded.began_ms
    assert yielded.at_ms - at_ms <= 250


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("at_ms", [100, 1730])
async def test_a_clean_line_costs_no_window(
    monkeypatch: pytest.MonkeyPatch, models_dir: Path, question: str, at_ms: int
) -> None:
    """Where nothing comes back, a caller interrupts as soon as without any comparison, give or take a window."""
    answer, heard = said(ANSWER, "rms"), mixed((at_ms, said(question, "slt")))
    compared, alone = Listener(monkeypatch, models_dir), Listener(monkeypatch, models_dir)

    alone.now_ms = 0.0
    without = (await alone.listen(heard, []))[0]
    monkeypatch.setattr(module, "now_ms", lambda: compared.now_ms)
    within = (await compared.listen(heard, pieces_of(answer, 300)))[0]

    assert isinstance(without, Yielded)
    assert isinstance(within, Yielded)
    assert within.at_ms - without.at_ms <= 32


async def test_what_was_cut_is_not_expected_back(listener: Listener) -> None:
    """After an interruption the rest of the sentence was never played."""
    answer = said(ANSWER, "rms")
    listener.echo.plays((answer * 32767).astype("<i2").tobytes())
    await listener.listen(bytes(16 * 300), [])
    listener.echo.was_cut()
    heard = mixed((0, returned(answer, -12, 80, through_room=False)))

    assert isinstance((await listener.listen(heard, []))[0], Yielded)
