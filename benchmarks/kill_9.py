# ruff: noqa: INP001 - benchmarks are programs, not a package
"""Rows and turns that were acknowledged, and are gone after the process that wrote them was killed.

    python benchmarks/kill_9.py --kills 1000

A child writes calls and turns as the orchestrator does and says so for each that is durable; it gets SIGKILL at a
random moment. The next child starts on the same file, as Supervisor's next orchestrator would.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from voicectl_runtime.orchestrator.record import CallRecord, Record, TurnRow

LATEST_KILL_S = 0.25


def main() -> int:
    """Print one JSON document; the exit code is 1 when anything was lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.db"
        acknowledged = {
            line for run in range(options.kills) for line in _killed(path, run, chance.uniform(0.0, LATEST_KILL_S))
        }
        with closing(Record(path, "after")) as record:
            record.close_rows({"after"})
        found = _found(path)
    lost = sorted(acknowledged - found["kept"])
    report = {"kills": options.kills, "acknowledged": len(acknowledged), "lost": len(lost)}
    sys.stdout.write(json.dumps({**report, "open_rows": found["open"], "integrity": found["integrity"]}) + "\n")
    return 1 if lost else 0


def _killed(path: Path, run: int, after_s: float) -> Iterator[str]:
    """What a child acknowledged before it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        asyncio.run(_write(path, run, writing))
    os.close(writing)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading) as said:
        # The last line may be half; a half acknowledgement is none.
        yield from (line[:-1] for line in said if line.endswith("\n"))


async def _write(path: Path, run: int, told: int) -> None:
    record = Record(path, f"orchestrator-{run}")
    record.close_rows({f"orchestrator-{run}"})
    number = 0
    while True:
        number += 1
        call = CallRecord(record, f"{run}-{number}")
        if await call.begin("sip", "1555", "Jo"):
            os.write(told, f"call {call.call_id}\n".encode())
        for turn in (1, 2):
            call.note("turn_committed", 1.0, {}, turn)
            if await call.write_turn(TurnRow(turn, "When do you open?", "At nine.", "script")):
                os.write(told, f"turn {call.call_id} {turn}\n".encode())
        await call.end("caller", None, 0.0, None)


def _found(path: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(path)) as database:
        calls = {f"call {call_id}" for (call_id,) in database.execute("SELECT id FROM calls")}
        turns = {f"turn {call_id} {turn}" for call_id, turn in database.execute("SELECT call_id, number FROM turns")}
        (open_rows,) = database.execute("SELECT count(*) FROM calls WHERE ended IS NULL").fetchone()
        (integrity,) = database.execute("PRAGMA integrity_check").fetchone()
    return {"kept": calls | turns, "open": open_rows, "integrity": integrity}


if __name__ == "__main__":
    sys.exit(main())
