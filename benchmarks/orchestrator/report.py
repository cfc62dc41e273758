"""The table, from the raw turns: `python -m benchmarks.orchestrator.report TURNS.csv`."""

import csv
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

LIMIT_MS: Final = 60.0
"""A core carries as many calls as it answers with an added p99 of no more than this, and none lost."""


@dataclass(frozen=True)
class Row:
    """All repetitions of a system at a number of calls."""

    system: str
    processes: int
    calls: int
    turns: int
    lost: int
    core_percent: float
    rss_mib: float
    voice_to_voice: tuple[float, float, float]
    """p50, p95, p99."""
    added: tuple[float, float]
    """p50, p99."""

    @property
    def holds(self) -> bool:
        """Whether the core carries that many."""
        return self.added[1] <= LIMIT_MS and not self.lost


def read_rows(path: Path) -> list[Row]:
    """The rows of the table, by system and number of calls."""
    cells: dict[tuple[str, int, int], list[Mapping[str, str]]] = defaultdict(list)
    with path.open(newline="") as file:
        for turn in csv.DictReader(file):
            cells[turn["system"], int(turn["processes"]), int(turn["calls"])].append(turn)
    return [_row(*key, turns) for key, turns in sorted(cells.items())]


def _row(system: str, processes: int, calls: int, turns: list[Mapping[str, str]]) -> Row:
    waited = np.array([float(turn["voice_to_voice_ms"]) for turn in turns])
    added = np.array([float(turn["added_ms"]) for turn in turns])
    runs = {turn["repetition"]: turn for turn in turns}.values()
    return Row(
        system,
        processes,
        calls,
        len(turns),
        sum(int(run["lost"]) for run in runs),
        float(np.mean([float(run["core_percent"]) for run in runs])),
        float(np.mean([float(run["rss_mib"]) for run in runs])),
        (_at(waited, 50), _at(waited, 95), _at(waited, 99)),
        (_at(added, 50), _at(added, 99)),
    )


def _at(values: "np.ndarray[tuple[int], np.dtype[np.float64]]", percent: float) -> float:
    return round(float(np.percentile(values, percent)), 1)


def table(rows: Sequence[Row]) -> str:
    """Markdown."""
    lines = [
        "| system | calls | turns (lost) | core | a call | memory | voice to voice p50 / p95 / p99 | added p50 / p99 |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        name = row.system if row.processes == 1 else f"{row.system}, a process each"
        waited = " / ".join(f"{each:.0f}" for each in row.voice_to_voice)
        added = " / ".join(f"{each:+.0f}" for each in row.added)
        lines.append(
            f"| {name} | {row.calls} | {row.turns} ({row.lost}) | {row.core_percent:.0f} %"
            f" | {row.core_percent / row.calls:.2f} % | {row.rss_mib:.0f} MiB | {waited} ms | {added} ms |"
        )
    return "\n".join([*lines, "", *summary(rows)])


def summary(rows: Sequence[Row]) -> list[str]:
    """Calls a core, memory a further call, and how the two compare."""
    said, held = [], {}
    for system in ("pipecat", "voicectl"):
        ours = [row for row in rows if row.system == system and row.processes == 1]
        held[system] = max((row.calls for row in ours if row.holds), default=0)
        said.append(f"{system}: {held[system]} calls on one core with an added p99 of at most {LIMIT_MS:.0f} ms")
        if len(ours) > 1:
            few, many = ours[0], ours[-1]
            grown = (many.rss_mib - few.rss_mib) / (many.calls - few.calls)
            said.append(f"{system}: {grown:.2f} MiB a further call, from {few.calls} to {many.calls} calls")
    if held["pipecat"] and held["voicectl"]:
        said.append(
            f"voicectl carries {held['voicectl'] / held['pipecat']:.1f} times as many calls as Pipecat in this run"
        )
    else:
        said.append("no ratio: one of the two held none of the numbers of calls that were asked for")
    return said


if __name__ == "__main__":
    sys.stdout.write(table(read_rows(Path(sys.argv[1]))) + "\n")
