"""The benchmarks' promises on a small scale; the figures themselves come from running them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

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
