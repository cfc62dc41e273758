"""One cell of the comparison: a system, so many calls, so many seconds."""

import csv
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.orchestrator.caller import Script, Turn
from benchmarks.orchestrator.engines import CHAIN_MS
from benchmarks.orchestrator.fleet import Fleet
from benchmarks.orchestrator.systems import System

WARM_UP_S: Final = 14.0
"""Greetings, the callers' staggered start, and a first turn of everyone."""
WINDOW_MS: Final = 32
STOP_MS: Final = 6 * WINDOW_MS
NOMINAL_MS: Final = {
    # Both must wait for the same silence and the same engines. Pipecat asks the engines when the silence is over;
    # voicectl asks them at its first window, and the chain is then the longer of the two.
    "pipecat": STOP_MS + CHAIN_MS,
    "voicectl": max(STOP_MS, WINDOW_MS + CHAIN_MS),
}


@dataclass(frozen=True)
class Cell:
    """What was measured; times in milliseconds."""

    system: str
    processes: int
    calls: int
    repetition: int
    seconds: float
    core_percent: float
    rss_mib: float
    steal_percent: float
    caller_latest_ms: float
    dropped: int
    lost: int
    voice_to_voice_ms: tuple[float, ...]

    @property
    def added_ms(self) -> list[float]:
        """What the system took beyond what it had to wait for."""
        return [each - NOMINAL_MS[self.system] for each in self.voice_to_voice_ms]

    @property
    def summary(self) -> str:
        """One line while it runs."""
        p50, p99 = np.percentile(self.added_ms, (50, 99)) if self.added_ms else (np.nan, np.nan)
        return (
            f"{self.calls} calls, run {self.repetition}: {len(self.added_ms)} turns, {self.lost} lost, added"
            f" {p50:+.0f} / {p99:+.0f} ms, core {self.core_percent:.0f} %, {self.rss_mib:.0f} MiB, steal"
            f" {self.steal_percent} %, callers at most {self.caller_latest_ms:.0f} ms late"
        )


async def measure(system: System, calls: int, script: Script, seconds: float, repetition: int) -> Cell:
    """Connect, warm up, measure, hang up."""
    fleet = Fleet(system.name, system.doors, calls, script)
    await fleet.connect()
    start: dict[str, float] = {}

    def note() -> None:
        start.update(cpu=system.cpu_s(), at=time.monotonic(), steal=steal_s())

    turns = await fleet.talk(seconds, after_s=WARM_UP_S, on_start=note)
    lasted_s = time.monotonic() - start["at"]
    answered = [turn for turn in turns if turn.answered_s is not None]
    cell = Cell(
        system.name,
        len(system.processes),
        calls,
        repetition,
        round(lasted_s, 1),
        round(100 * (system.cpu_s() - start["cpu"]) / lasted_s, 1),
        round(system.rss_mib(), 1),
        round(100 * (steal_s() - start["steal"]) / lasted_s, 2),
        round(fleet.latest_ms, 1),
        sum(caller.dropped for caller in fleet.callers),
        len(turns) - len(answered),
        tuple(sorted(_ms(turn) for turn in answered)),
    )
    fleet.hang_up()
    return cell


def _ms(turn: Turn) -> float:
    assert turn.answered_s is not None  # noqa: S101 - narrows the type; the caller has looked
    return round((turn.answered_s - turn.asked_s) * 1000, 1)


def steal_s() -> float:
    """Processor time that the hypervisor gave to others, over all cores."""
    return int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) / 100


def write_turns(path: Path, cells: Sequence[Cell]) -> None:
    """Every turn as a row: nothing is left out, and the table and picture are made from these."""
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        names = [name for name in asdict(cells[0]) if name != "voice_to_voice_ms"]
        out.writerow([*names, "voice_to_voice_ms", "added_ms"])
        for cell in cells:
            values = asdict(cell)
            for voice_to_voice, added in zip(cell.voice_to_voice_ms, cell.added_ms, strict=True):
                out.writerow([*(values[name] for name in names), voice_to_voice, round(added, 1)])
