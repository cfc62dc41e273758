"""The benchmarks' promises on a small scale; the figures themselves come from running them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.orchestrator.report import Row, summary

ROOT = Path(__file__).parent.parent


def run(name: str, *arguments: str) -> Any:
    """What a benchmark prints."""
    argv = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def test_no_acknowledged_row_is_lost_under_kill_9() -> None:
    """Thirty orchestrators one after the other on one file, each killed at a random moment."""
    report = run("kill_9", "--kills", "30")

    assert report["acknowledged"] > 100
    assert (report["lost"], report["open_rows"], report["integrity"]) == (0, 0, "ok")


def test_hang_ups_at_random_moments_leak_nothing() -> None:
    """Two hundred callers, each of whom hangs up whenever it pleases them."""
    report = run("hang_ups", "--calls", "200", "--at-once", "100")

    assert report["calls"] == 200
    assert len(report["ended_by"]) > 1, "the hang-ups came at too few moments to mean anything"
    assert set(report["ended_by"]) <= {"caller", "cancelled"}
    assert report["leaked"] == {"tasks": 0, "descriptors": 0, "files": 0, "requests": 0, "places": 0, "open_rows": 0}


def row(system: str, calls: int, added_p99: float, *, lost: int = 0, processes: int = 1) -> Row:
    return Row(system, processes, calls, 100, lost, 50.0, 100.0, (600.0, 620.0, 630.0), (30.0, added_p99))


def test_the_ratio_of_calls_a_core_carries() -> None:
    """Only cells that hold count, and none of a process for each call."""
    rows = [
        row("pipecat", 15, 58.0),
        row("pipecat", 20, 90.0),
        row("pipecat", 30, 10.0, processes=30),
        row("voicectl", 200, 50.0),
        row("voicectl", 300, 59.0),
        row("voicectl", 400, 50.0, lost=1),
    ]

    assert "voicectl carries 20.0 times as many calls as Pipecat in this run" in summary(rows)


def test_no_ratio_where_neither_is_known_to_hold() -> None:
    """A run that went wrong gives no figure to quote."""
    assert summary([row("voicectl", 200, 50.0)])[-1].startswith("no ratio")
