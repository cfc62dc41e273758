"""voicectl and Pipecat on one core, in turns: `make -C benchmarks orchestrator`, or this module by hand."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
import uvloop

from benchmarks.orchestrator.caller import Script, read_script
from benchmarks.orchestrator.measure import Cell, measure, write_turns
from benchmarks.orchestrator.report import read_rows, table
from benchmarks.orchestrator.systems import OUR_CORE, ROOT, System, start_pipecat, start_voicectl

QUESTION: Final = "could you please tell me how volcanoes erupt"
ROUND_S: Final = 8.0
NOISE_DBFS: Final = -45.0
"""Above what voicectl takes for a dead line: its detector must look at every window, as Pipecat's does."""


@dataclass(frozen=True)
class Run:
    """What all cells of a run share."""

    options: argparse.Namespace
    folder: Path
    script: Script
    engines: dict[str, str]

    def cell(self, kind: str, calls: int, repetition: int) -> Cell:
        """Start a system, measure, and take it down."""
        with tempfile.TemporaryDirectory(dir=self.folder) as own:
            system = self._start(kind, calls, Path(own))
            try:
                system.wait()
                return uvloop.run(measure(system, calls, self.script, self.options.seconds, repetition))
            except (OSError, TimeoutError):
                sys.stderr.write("".join(log.read_text()[-3000:] for log in Path(own).glob("*.log")))
                raise
            finally:
                system.kill()

    def _start(self, kind: str, calls: int, folder: Path) -> System:
        if kind == "voicectl":
            return start_voicectl(folder, self.engines, _vad(self.options.pipecat_python))
        processes = calls if kind == "pipecat-each" else 1
        return start_pipecat(folder, self.engines, self.options.pipecat_python, processes)


def main() -> None:
    """Measure, and write turns.csv, table.md and run.json."""
    options = _options()
    os.sched_setaffinity(0, {int(OUR_CORE)})
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "run.json").write_text(json.dumps(_about(options), indent=2) + "\n")
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="voicectl-bench-") as folder, _stubs() as engines:
        failed = _measure_all(Run(options, Path(folder), _question(Path(folder)), engines))
    shown = table(read_rows(options.out / "turns.csv"))
    (options.out / "table.md").write_text(shown + "\n")
    sys.stdout.write(shown + "\n")
    if failed:
        sys.exit(f"{failed} cells are missing: see above")


def _measure_all(run: Run) -> int:
    """A, B, A, B: whatever the machine does meanwhile, it does to both; returns how many cells failed."""
    cells: list[Cell] = []
    failed = 0
    for repetition in range(1, run.options.repetitions + 1):
        for kind, calls in _cells(run.options):
            try:
                cells.append(run.cell(kind, calls, repetition))
            except (OSError, TimeoutError) as error:
                # An hour of other cells is not thrown away for one.
                failed += 1
                sys.stderr.write(f"{kind}: {calls} calls, run {repetition}: {error}\n")
                continue
            write_turns(run.options.out / "turns.csv", cells)
            sys.stderr.write(f"{kind}: {cells[-1].summary} (load {os.getloadavg()[0]:.1f})\n")
    return failed


def _cells(options: argparse.Namespace) -> list[tuple[str, int]]:
    """Pipecat and voicectl alternate, from few calls to many."""
    pairs = [("pipecat", calls) for calls in options.pipecat], [("voicectl", calls) for calls in options.voicectl]
    mixed = [cell for pair in zip(*pairs, strict=False) for cell in pair]
    rest = [cell for cells in pairs for cell in cells[min(map(len, pairs)) :]]
    return [*mixed, *rest, *(("pipecat-each", calls) for calls in options.pipecat_processes)]


@contextmanager
def _stubs() -> Iterator[dict[str, str]]:
    argv = [sys.executable, "-m", "benchmarks.orchestrator.engines"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None  # noqa: S101 - narrows the type; it was asked for
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def _vad(python: Path) -> Path:
    """Pipecat's own copy of the model: the same bytes for both."""
    (found,) = python.parent.parent.glob("lib/python3*/site-packages/pipecat/audio/vad/data/silero_vad.onnx")
    return found


def _question(folder: Path) -> Script:
    said, narrow = folder / "said.wav", folder / "narrow.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", QUESTION, "-o", str(said)], check=True)
    subprocess.run(["sox", str(said), "-r", "8000", "-b", "16", str(narrow)], check=True)
    with wave.open(str(narrow)) as sound:
        pcm = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    return read_script(pcm, ROUND_S, NOISE_DBFS)


def _about(options: argparse.Namespace) -> dict[str, object]:
    asked = [str(options.pipecat_python), "-c", "import importlib.metadata as m; print(m.version('pipecat-ai'))"]
    return {
        "pipecat": subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip(),
        "voicectl": version("voicectl"),
        "python": platform.python_version(),
        "kernel": platform.release(),
        "cpu": next(line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name")),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "seconds": options.seconds,
        "repetitions": options.repetitions,
    }


def _cpu_lines() -> list[str]:
    return Path("/proc/cpuinfo").read_text().splitlines()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orchestrator", description=__doc__)
    parser.add_argument("--pipecat-python", type=Path, required=True, help="of the environment that holds Pipecat")
    parser.add_argument("--out", type=Path, required=True, help="folder for turns.csv, table.md and run.json")
    parser.add_argument("--seconds", type=float, default=24.0, help="measured in each cell")
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument("--pipecat", type=int, nargs="*", default=[10, 15, 20], help="calls in one process")
    parser.add_argument("--pipecat-processes", type=int, nargs="*", default=[], help="calls, a process each")
    parser.add_argument("--voicectl", type=int, nargs="*", default=[20, 100, 200])
    return parser.parse_args()


if __name__ == "__main__":
    main()
