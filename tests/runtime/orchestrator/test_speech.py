"""Sound that is still growing while it is heard, and how it goes out."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.runtime.orchestrator.scenarios.virtual_time import run_in_virtual_time
from voicectl_runtime.orchestrator.agi import AgiGoneError
from voicectl_runtime.orchestrator.band import WIDE
from voicectl_runtime.orchestrator.engines.errors import EngineError
from voicectl_runtime.orchestrator.mouth import STARTS_WITHIN_MS, Mouth
from voicectl_runtime.orchestrator.replies import Reply
from voicectl_runtime.orchestrator.speech import Part, Speech

Play = Callable[[str, float], Awaitable[Reply | None]]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def parts(*sounds: Part, failure: EngineError | None = None) -> AsyncGenerator[Part, None]:
    for sound in sounds:
        yield sound
    if failure:
        raise failure


class FakeAgi:
    """Plays files by remembering them."""

    def __init__(self) -> None:
        self.played: list[bytes] = []
        self.endings: list[str] = []
        self.interruptions = 0
        self.plays: asyncio.Queue[int] = asyncio.Queue()
        self.stopped = asyncio.Event()
        self.blocks_at = 0
        self.result = 0
        self.keys: dict[int, int] = {}
        """At which playback a key stops it, and after how many samples."""
        self.began_at: list[int] = []

    async def stream(self, file: str, longest_s: float, from_sample: int) -> Reply | None:
        """As Asterisk does, or until a command."""
        assert longest_s > 0
        (path,) = Path(file).parent.glob(f"{Path(file).name}.sln*")
        self.endings.append(path.suffix)
        self.played.append(path.read_bytes()[2 * from_sample :])
        self.began_at.append(from_sample)
        self.plays.put_nowait(len(self.played))
        if len(self.played) == self.blocks_at:
            await self.stopped.wait()
            return None
        if samples := self.keys.get(len(self.played)):
            await asyncio.sleep(0.01)
            return Reply(ord("5"), None, samples)
        return Reply(self.result, None, from_sample + len(self.played[-1]) // 2)

    def interrupt(self) -> None:
        """Stop the file."""
        self.interruptions += 1
        self.stopped.set()


class Stage:
    """A mouth with a fake session."""

    def __init__(self, folder: Path) -> None:
        self.agi = FakeAgi()
        self.heard: list[bytes] = []
        self.cuts = 0
        self.firsts = 0
        self.mouth = Mouth(self.agi, folder, 300, on_sound=lambda _, sound: self.heard.append(sound), on_cut=self._cut)  # type: ignore[arg-type]  # the two methods that a mouth uses

    def _cut(self) -> None:
        self.cuts += 1

    def first(self) -> None:
        """Count first sounds."""
        self.firsts += 1


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "call")


async def test_wideband(stage: Stage) -> None:
    """Its pieces are as long in time, twice as many bytes, and under the name by which Asterisk knows the rate."""
    sound = bytes(range(256)) * 100
    spoken = await stage.mouth.say(
        Speech.made_by(parts(("Hello.", sound[:3200]), ("Hello.", sound[3200:])), WIDE), stage.first
    )

    assert b"".join(stage.agi.played) == sound
    assert all(len(piece) % 640 == 0 for piece in stage.agi.played)
    assert set(stage.agi.endings) == {".sln16"}
    assert spoken.heard_ms == len(sound) / 32


async def test_a_key_that_nobody_wanted(stage: Stage, tmp_path: Path) -> None:
    """Stops the file all the same: it goes on at that very sample."""
    file = tmp_path / "phrase.sln"
    file.write_bytes(bytes(16000))
    stage.agi.keys = {1: 2000, 2: 6000}

    spoken = await stage.mouth.say(Speech("Hello.", file), stage.first)

    assert stage.agi.began_at == [0, 2000, 6000]
    assert (spoken.heard_ms, spoken.was_interrupted) == (1000, False)
    assert stage.cuts == 2


async def test_a_key_that_was_for_somebody(stage: Stage, tmp_path: Path) -> None:
    """The speech is over, and what was heard of it is known to the sample."""
    file = tmp_path / "phrase.sln"
    file.write_bytes(bytes(16000))
    stage.agi.keys = {1: 2000}
    saying = asyncio.create_task(stage.mouth.say(Speech("Hello.", file), stage.first))
    await stage.agi.plays.get()
    stage.mouth.stop()
    spoken = await saying

    assert (spoken.heard_ms, spoken.was_interrupted) == (250, True)
    assert stage.cuts == 1


async def test_sound_goes_out_whole_and_leaves_nothing(stage: Stage, tmp_path: Path) -> None:
    """Every byte once and in order, in pieces of at most a second; no file stays."""
    sound = bytes(range(250)) * 400
    spoken = await stage.mouth.say(Speech.made_by(parts(("Hello.", sound[:500]), ("Hello.", sound[500:]))), stage.first)

    assert b"".join(stage.agi.played) == sound == b"".join(stage.heard)
    assert max(map(len, stage.agi.played)) <= 16000
    assert (spoken.heard_ms, spoken.was_interrupted) == (len(sound) / 16, False)
    assert stage.firsts == 1
    assert list((tmp_path / "call").iterdir()) == []


async def test_the_first_piece_does_not_wait_for_the_rest(stage: Stage) -> None:
    """Sixty milliseconds, and twenty that are kept back, are enough to begin."""
    gate = asyncio.Event()

    async def slow() -> AsyncGenerator[Part, None]:
        yield "a", bytes(80 * 16)
        await gate.wait()
        yield "a", bytes(100)

    saying = asyncio.create_task(stage.mouth.say(Speech.made_by(slow()), stage.first))
    await stage.agi.plays.get()
    assert len(stage.agi.played[0]) == 960

    gate.set()
    assert (await saying).heard_ms == 80 + 100 / 16


async def test_never_more_ahead_than_the_buffer(stage: Stage) -> None:
    """However much there is, pieces are as long as the buffer, in whole packets."""
    await stage.mouth.say(Speech.made_by(parts(("a", bytes(33000)))), stage.first)

    assert [len(piece) for piece in stage.agi.played] == [4800] * 6 + [4200]


async def test_a_kept_phrase_is_one_file(stage: Stage, tmp_path: Path) -> None:
    """It is played where it lies, and stays there."""
    kept = tmp_path / "kept.sln"
    kept.write_bytes(bytes(48000))
    spoken = await stage.mouth.say(Speech("Hello.", kept), stage.first)

    assert stage.agi.played == [bytes(48000)]
    assert spoken.heard_ms == 3000
    assert kept.exists()


async def test_stopping(stage: Stage) -> None:
    """One command, nothing more goes out, and the recording hears of it."""
    stage.agi.blocks_at = 2
    saying = asyncio.create_task(stage.mouth.say(Speech.made_by(parts(("a", bytes(64000)))), stage.first))
    while await stage.agi.plays.get() < 2:
        pass
    stage.mouth.stop()
    spoken = await saying

    assert spoken.was_interrupted
    assert 300 <= spoken.heard_ms <= 600
    assert stage.agi.interruptions == 1
    assert (len(stage.agi.played), stage.cuts) == (2, 1)


@pytest.mark.parametrize("is_kept", [True, False])
@pytest.mark.parametrize("stopped_in", [1, 2, 4])
async def test_going_on_at_the_sample(stage: Stage, tmp_path: Path, stopped_in: int, *, is_kept: bool) -> None:
    """What was heard before the stop and after it is the whole, wherever it was stopped."""
    sound = np.arange(1, 16001, dtype="<i2").tobytes()
    kept = tmp_path / "kept.sln"
    kept.write_bytes(sound)
    stage.agi.blocks_at = 1 if is_kept else stopped_in
    saying = asyncio.create_task(
        stage.mouth.say(Speech("a", kept) if is_kept else Speech.made_by(parts(("a", sound))), stage.first)
    )
    while await stage.agi.plays.get() < stage.agi.blocks_at:
        pass
    stage.mouth.hold()
    await settle()
    assert len(stage.agi.played) == stage.agi.blocks_at, "nothing goes out while the mouth is held"
    stage.mouth.go_on()
    spoken = await saying

    before, after = stage.agi.played[: stage.agi.blocks_at], stage.agi.played[stage.agi.blocks_at :]
    assert b"".join(after) == sound[-len(b"".join(after)) :]
    overlap = len(b"".join(before)) + len(b"".join(after)) - len(sound)
    assert 0 < overlap <= len(before[-1]), "the rest of the stopped piece, which was not heard, is played again"
    assert overlap % 320 == len(before[-1]) % 320, "the stop is between two packets"
    assert (spoken.was_interrupted, stage.firsts, stage.cuts) == (False, 1, 1)


async def test_held_between_two_pieces(stage: Stage) -> None:
    """There is nothing to stop, and nothing new begins; a stop then ends it."""
    gate = asyncio.Event()

    async def slow() -> AsyncGenerator[Part, None]:
        yield "a", bytes(1280)
        await gate.wait()
        yield "a", bytes(9600)

    saying = asyncio.create_task(stage.mouth.say(Speech.made_by(slow()), stage.first))
    await stage.agi.plays.get()
    await settle()
    stage.mouth.hold()
    gate.set()
    await settle()
    played = len(stage.agi.played)
    stage.mouth.stop()

    assert (await saying).was_interrupted
    assert len(stage.agi.played) == played
    assert stage.agi.interruptions == 0


async def test_a_slow_voice_has_gaps_and_no_clicks(stage: Stage) -> None:
    """It fades where its sound runs out, waits for a whole buffer, and fades in again; the gap is counted."""
    loud = np.full(16000, 8000, "<i2").tobytes()
    gates = [asyncio.Event() for _ in range(2)]

    async def slow() -> AsyncGenerator[Part, None]:
        yield "a", loud[:1280]
        await gates[0].wait()
        yield "a", loud[1280:2000]
        await gates[1].wait()
        yield "a", loud[2000:]

    saying = asyncio.create_task(stage.mouth.say(Speech.made_by(slow()), stage.first))
    await settle()
    assert [len(piece) for piece in stage.agi.played] == [960, 320]
    gates[0].set()
    await settle()
    assert len(stage.agi.played) == 2, "less than a buffer is not begun with"
    gates[1].set()
    spoken = await saying

    heard = np.frombuffer(b"".join(stage.agi.played), "<i2").astype(int)
    assert len(heard) == 16000
    assert abs(heard[639]) <= 100, "faded out"
    assert abs(heard[640]) <= 100, "faded in"
    assert np.abs(np.diff(heard[480:])).max() <= 100
    assert spoken.gap_ms > 0


class PacedAgi:
    """Takes as long to play as there is to hear, a packet every 20 ms."""

    def __init__(self, starts_after_ms: float = 0) -> None:
        self.played: list[tuple[float, bytes]] = []
        self._starts_after_ms = starts_after_ms
        self._stop = asyncio.Event()

    async def stream(self, file: str, longest_s: float, from_sample: int) -> Reply | None:
        """As Asterisk does."""
        sound = Path(file + ".sln").read_bytes()[2 * from_sample :]  # noqa: ASYNC240 - a small file in a test
        began_s = asyncio.get_running_loop().time()
        self.played.append((began_s, sound))
        self._stop.clear()
        assert longest_s > 0
        try:
            await asyncio.wait_for(self._stop.wait(), len(sound) / 16000)
        except TimeoutError:
            return Reply(0, None, len(sound) // 2)
        sending_ms = (asyncio.get_running_loop().time() - began_s) * 1000 - self._starts_after_ms
        packets = max(0, int(sending_ms // 20) + 1)
        self.played[-1] = (began_s, sound[: packets * 320])
        return None

    def interrupt(self) -> None:
        """Stop the file."""
        self._stop.set()

    def bursts(self) -> list[NDArray[np.int16]]:
        """What was heard without a break."""
        joined: list[bytes] = []
        until_s = 0.0
        for at_s, sound in self.played:
            if at_s - until_s > 0.001:
                joined.append(b"")
            joined[-1] += sound
            until_s = at_s + len(sound) / 16000
        return [np.frombuffer(burst, "<i2") for burst in joined]


@pytest.mark.parametrize("is_kept", [True, False])
@given(
    stops_ms=st.lists(st.floats(25, 900), min_size=1, max_size=4), starts_after_ms=st.floats(0.1, STARTS_WITHIN_MS - 1)
)
def test_false_stops_at_any_moment(stops_ms: list[float], starts_after_ms: float, *, is_kept: bool) -> None:
    """Nothing is lost, and at most two packets at each stop are heard twice."""
    sound = np.arange(1, 24001, dtype="<i2").tobytes()

    async def speak(folder: Path) -> None:
        agi: Any = PacedAgi(starts_after_ms)
        mouth = Mouth(agi, folder / "call", 300, on_sound=lambda *_: None, on_cut=lambda: None)
        kept = folder / "kept.sln"
        kept.write_bytes(sound)
        speech = Speech("a", kept) if is_kept else Speech.made_by(parts(("a", sound)))
        saying = asyncio.create_task(mouth.say(speech, lambda: None))
        for stop_ms in stops_ms:
            await asyncio.sleep(stop_ms / 1000)
            mouth.hold()
            await asyncio.sleep(0.4)
            mouth.go_on()
        assert (await saying).heard_ms == len(sound) / 16

        heard = np.frombuffer(b"".join(piece for _, piece in agi.played), "<i2")[::160]
        steps = np.diff(heard.astype(int))
        assert set(steps) <= {160, 0, -160}, "each packet follows the one before, but for a step or two back"
        assert (steps < 160).sum() <= len(stops_ms)
        assert (heard[0], heard[-1]) == (1, 24001 - 160)

    with pytest.MonkeyPatch.context() as monkeypatch, TemporaryDirectory() as folder:
        run_in_virtual_time(lambda: speak(Path(folder)), monkeypatch)


@pytest.mark.parametrize("bytes_per_s", [4096, 8192, 15000])
def test_a_voice_slower_than_it_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bytes_per_s: int) -> None:
    """At 8 KiB a second every second of sound takes two: a buffer at a time is heard, no edge of it is a click."""
    sound = np.full(40000, 8000, "<i2").tobytes()

    async def slow() -> AsyncGenerator[Part, None]:
        for at in range(0, len(sound), 640):
            await asyncio.sleep(640 / bytes_per_s)
            yield "a", sound[at : at + 640]

    async def speak() -> None:
        agi: Any = PacedAgi()
        mouth = Mouth(agi, tmp_path / "call", 300, on_sound=lambda *_: None, on_cut=lambda: None)
        began_s = asyncio.get_running_loop().time()
        spoken = await mouth.say(Speech.made_by(slow()), lambda: None)
        lasted_ms = (asyncio.get_running_loop().time() - began_s) * 1000
        bursts = agi.bursts()

        assert sum(map(len, bursts)) == len(sound) // 2
        assert all(len(burst) >= 300 * 8 for burst in bursts[1:-1])
        edges = [int(edge) for burst in bursts for edge in (burst[0], burst[-1])]
        assert max(edges[1:-1]) <= 100, "all but the very first and the very last"
        assert lasted_ms < len(sound) / bytes_per_s * 1000 + 700
        began_ms = (agi.played[0][0] - began_s) * 1000
        assert spoken.gap_ms == pytest.approx(lasted_ms - began_ms - len(sound) / 16, abs=1)

    run_in_virtual_time(speak, monkeypatch)


async def test_a_new_speech_right_after_a_stop(stage: Stage) -> None:
    """The stopped one does not go on under it."""
    stage.agi.blocks_at = 1
    old = asyncio.create_task(stage.mouth.say(Speech.made_by(parts(("a", b"\1" * 64000))), stage.first))
    await stage.agi.plays.get()
    stage.mouth.stop()
    new = asyncio.create_task(stage.mouth.say(Speech.made_by(parts(("b", b"\2" * 16000))), stage.first))
    await asyncio.gather(old, new)

    assert (await old).was_interrupted
    assert not (await new).was_interrupted
    assert b"".join(stage.agi.played[1:]) == b"\2" * 16000


async def test_a_hang_up_while_playing(stage: Stage) -> None:
    """Is told as that."""
    stage.agi.result = -1
    with pytest.raises(AgiGoneError):
        await stage.mouth.say(Speech.made_by(parts(("a", bytes(1000)))), stage.first)


async def test_heard_to_the_clause() -> None:
    """A clause counts when more than half of it was heard."""
    speech = Speech.made_by(parts(("One two.", bytes(16000)), ("Three four.", bytes(16000)), ("Five.", bytes(16000))))
    await speech.reach(48001)

    assert speech.text == "One two. Three four. Five."
    assert [speech.said_until(ms) for ms in (0, 600, 1400, 1600, 3000)] == [
        "",
        "One two.",
        "One two.",
        "One two. Three four.",
        "One two. Three four. Five.",
    ]


async def test_heard_to_the_clause_of_a_kept_phrase(tmp_path: Path) -> None:
    """Its sound is one, so letters tell where a clause ends: this one has ten, fifteen and fifteen."""
    kept = tmp_path / "kept.sln"
    kept.write_bytes(bytes(40 * 160))
    speech = Speech("One, two. We close at six, and that is all.", kept)

    assert [speech.said_until(ms) for ms in (0, 30, 50, 150, 250, 350, 400)] == [
        "",
        "One,",
        "One,",
        "One, two.",
        "One, two. We close at six,",
        "One, two. We close at six, and that is all.",
        "One, two. We close at six, and that is all.",
    ]


async def test_a_failure_before_the_first_sound() -> None:
    """Is raised: something else can be said instead."""
    with pytest.raises(EngineError):
        await Speech.made_by(parts(failure=EngineError("tts", "gone"))).begun()


async def test_a_failure_after_the_first_sound() -> None:
    """Ends the speech where it stands."""
    speech = Speech.made_by(parts(("a", bytes(160)), failure=EngineError("tts", "gone")))
    await speech.begun()

    await speech.reach(1000)

    assert speech.sound == bytes(160)
    assert speech.failure is not None


async def test_closing_ends_the_maker() -> None:
    """At the engine too: its iterator is closed."""
    closed = asyncio.Event()

    async def endless() -> AsyncGenerator[Part, None]:
        try:
            while True:
                yield "a", bytes(160)
                await asyncio.sleep(0)
        finally:
            closed.set()

    speech = Speech.made_by(endless())
    await speech.begun()
    speech.close()

    async with asyncio.timeout(5):
        await closed.wait()
