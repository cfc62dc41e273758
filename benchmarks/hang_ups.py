# ruff: noqa: INP001 - benchmarks are programs, not a package
"""Callers who hang up at random moments: how soon all their work has ended, and what is left of them.

    python -m benchmarks.hang_ups --calls 1000 --at-once 100

The real door, switchboard, calls, chain and record, in one process with Asterisk's side of each call; engines are stubs
behind real HTTP. Time runs from the hang-up to the end of the call's task: everything is cancelled, every descriptor is
closed, the row has its end.
"""

import argparse
import asyncio
import json
import logging
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.stubs.engines import StubEngines
from tests.stubs.exchange import SILENCE, Channel
from voicectl_runtime.orchestrator.chain import Chain
from voicectl_runtime.orchestrator.door import Door, Visit
from voicectl_runtime.orchestrator.engines.ladder import Ladder, Rung
from voicectl_runtime.orchestrator.engines.llm import Llm
from voicectl_runtime.orchestrator.engines.rungs import hears, says_hello, thinks
from voicectl_runtime.orchestrator.engines.stt import SpeechToText
from voicectl_runtime.orchestrator.engines.tts import TextToSpeech
from voicectl_runtime.orchestrator.office import Office
from voicectl_runtime.orchestrator.record import Record
from voicectl_runtime.orchestrator.script.load import load_script
from voicectl_runtime.orchestrator.script.matcher import Match
from voicectl_runtime.orchestrator.switchboard import Switchboard
from voicectl_runtime.orchestrator.voice import Voice
from voicectl_runtime.settings import LanguageModel, Settings, read_settings

ROOT: Final = Path(__file__).parent.parent
SETTINGS: Final = ROOT / "tests/render/golden/cpu/expected/etc/settings.json"
SCRIPT: Final = ROOT / "runtime/voicectl_runtime/orchestrator/script/dental_clinic.toml"
MODEL: Final = LanguageModel("", "stub", 2048, 80, "Be brief.")
LONGEST_CALL_S: Final = 5.0
PATIENCE_S: Final = 30.0


class LoudnessDetector:
    """Hears the callers of this benchmark, who are either loud or silent."""

    def stream(self, on_window: Any) -> "LoudnessStream":
        """One call's part."""
        return LoudnessStream(on_window)


class LoudnessStream:
    """A window for each piece of audio."""

    def __init__(self, on_window: Any) -> None:
        self._on_window = on_window

    def feed(self, pcm: bytes, at_ms: float) -> None:
        """Speech is what is not silence."""
        self._on_window(0.0 if pcm[:320] == SILENCE[: len(pcm)] else 1.0, at_ms)

    def close(self) -> None:
        """Nothing to give back."""


class EveryOther:
    """Finds an answer in the script for every other question; the language model gets the rest."""

    asked = 0

    async def match(self, _text: str, **_: object) -> Match:
        """In turns."""
        self.asked += 1
        return Match("opening_hours" if self.asked % 2 else None, 0.9, 0.1)


class House:
    """An orchestrator without warm-up, and its callers."""

    def __init__(self, folder: Path, engines: StubEngines, session: aiohttp.ClientSession, most: int) -> None:
        self.settings = _settings(folder, most)
        self.engines, self.record = engines, Record(folder / "calls.db", "orchestrator-1")
        self.disk = ThreadPoolExecutor(1)
        stt = Ladder("stt", 2.5, [Rung("stub", SpeechToText(session, engines.stt.url), 0.1, hears)])
        tts = Ladder("tts", 1.5, [Rung("stub", TextToSpeech(session, engines.tts.url), 0.1, says_hello)])
        self.llm = Llm(session, replace(MODEL, url=engines.llm.url))
        matcher, detector, voice = EveryOther(), LoudnessDetector(), Voice(tts, "stub", folder)  # type: ignore[arg-type]  # a narrower engine
        chain = Chain(stt, matcher, Ladder("llm", 3.0, [Rung("stub", self.llm, 0.1, thinks)]), voice)  # type: ignore[arg-type]  # stubs
        script = load_script(SCRIPT).with_names(business="B", name="N", person="P")
        self.office = Office(self.settings, script, chain, detector, self.record, self.disk)  # type: ignore[arg-type]  # stubs
        self.switchboard = Switchboard(self.office)
        self.door = Door(self.settings.orchestrator.socket, self._welcome)
        self.ended_s: dict[str, float] = {}

    def _welcome(self, visit: Visit) -> None:
        before = set(self.switchboard._calls)  # noqa: SLF001 - who serves this visit is nobody else's business
        self.switchboard.welcome(visit)
        (task,) = set(self.switchboard._calls) - before  # noqa: SLF001 - the same
        name = visit.environment["arg_1"]
        task.add_done_callback(lambda _: self.ended_s.setdefault(name, time.monotonic()))

    async def call(self, name: str, chance: random.Random) -> float:
        """One caller; returns how long after the hang-up everything had ended, in milliseconds."""
        channel = Channel(name, speaks_s=chance.uniform(0.3, 1.5), pauses_s=chance.uniform(0.5, 2.0))
        await channel.live(self.settings.orchestrator.socket, chance.uniform(0.0, LONGEST_CALL_S))
        hung_up_s = time.monotonic()
        async with asyncio.timeout(PATIENCE_S):
            while name not in self.ended_s:  # noqa: ASYNC110 - the moment itself is taken by a callback
                await asyncio.sleep(0.01)
        channel.close()
        return (self.ended_s[name] - hung_up_s) * 1000

    def left(self) -> dict[str, int]:
        """What there is beside the house itself."""
        chunks = self.settings.paths.chunks
        with closing(sqlite3.connect(self.settings.paths.state / "calls.db")) as database:
            (open_rows,) = database.execute("SELECT count(*) FROM calls WHERE ended IS NULL").fetchone()
        stubs = (self.engines.stt, self.engines.llm, self.engines.tts)
        return {
            # A connection that is kept for the next request is a task of the stubs' HTTP server.
            "tasks": sum("RequestHandler" not in repr(task.get_coro()) for task in asyncio.all_tasks()),
            "descriptors": _descriptors(),
            "files": sum(1 for _ in chunks.rglob("*.sln")) + sum(1 for _ in chunks.glob("*/*")),
            "requests": sum(stub.open for stub in stubs),
            "places": self.office.room.taken,
            "open_rows": int(open_rows),
        }


def main() -> None:
    """Print one JSON document."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    logging.disable(logging.CRITICAL)
    sys.stdout.write(json.dumps(asyncio.run(_run(parser.parse_args()))) + "\n")


async def _run(options: argparse.Namespace) -> dict[str, Any]:
    engines, chance = StubEngines(token_s=0.02), random.Random(options.seed)  # noqa: S311 - no secret
    engines.stt.delay_s, engines.llm.delay_s, engines.tts.delay_s = 0.2, 0.3, 0.15
    await engines.open()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        async with aiohttp.ClientSession() as session:
            house = House(Path(folder), engines, session, options.at_once)
            house.door.open()
            await _calls(house, chance, "warm", options.at_once, options.at_once)
            before = await _settled(house, {})
            times_ms = await _calls(house, chance, "call", options.calls, options.at_once)
            after = await _settled(house, before)
            house.door.close()
        house.record.close()
        house.disk.shutdown()
        ended_by = _ended_by(Path(folder) / "calls.db")
    await engines.close()
    return {
        "calls": options.calls,
        "ended_by": ended_by,
        "until_all_ended_ms": {
            "p50": _percentile(times_ms, 50),
            "p99": _percentile(times_ms, 99),
            "max": max(times_ms),
        },
        "requests_dropped": {"stt": engines.stt.dropped, "llm": engines.llm.dropped, "tts": engines.tts.dropped},
        "leaked": {what: max(0, count - before[what]) for what, count in after.items()},
    }


async def _calls(house: House, chance: random.Random, name: str, number: int, at_once: int) -> list[float]:
    times_ms: list[float] = []
    for first in range(0, number, at_once):
        batch = [house.call(f"{name}-{each}", chance) for each in range(first, min(number, first + at_once))]
        times_ms += await asyncio.gather(*batch)
    return [round(each, 1) for each in times_ms]


async def _settled(house: House, before: dict[str, int]) -> dict[str, int]:
    """What is left; what only ends a moment later is no leak."""
    left = house.left()
    for _ in range(20):
        if all(count <= before.get(what, -1) for what, count in left.items()):
            break
        await asyncio.sleep(0.1)
        left = house.left()
    return left


def _settings(folder: Path, most: int) -> Settings:
    settings = read_settings(SETTINGS)
    return replace(
        settings,
        paths=replace(settings.paths, state=folder, recordings=folder, prompts=folder, chunks=folder / "chunks"),
        calls=replace(settings.calls, most=most, record=True),
        orchestrator=replace(settings.orchestrator, socket=folder / "door.sock"),
    )


def _descriptors() -> int:
    """Open ones, but for connections to the engines, which are kept and come and go."""
    kinds: Counter[str] = Counter()
    for path in Path("/proc/self/fd").iterdir():
        try:
            kinds[path.readlink().name.partition(":")[0]] += 1
        except OSError:  # the listing's own
            continue
    return sum(count for kind, count in kinds.items() if kind != "socket")


def _ended_by(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT ended_by, count(*) FROM calls WHERE sip_call_id LIKE 'call-%' GROUP BY 1")
        return dict(rows.fetchall())


def _percentile(values: list[float], percent: int) -> float:
    return round(statistics.quantiles(values, n=100, method="inclusive")[percent - 1], 1)


if __name__ == "__main__":
    main()
