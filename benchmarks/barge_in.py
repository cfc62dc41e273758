# ruff: noqa: INP001 - benchmarks are programs, not a package
"""How soon the agent falls silent when a caller speaks over it, and how soon it greets: on RTP, at a deployed agent.

Each call asks a question over the greeting, and the next one over each answer, every time at another moment of it. An
interruption lasts from the caller's first voiced packet to the agent's last one, and counts for nothing where the agent
was between two words and none came; a greeting begins with the agent's first voiced packet after the answer (200 OK).
Nothing else may run on the machine:

    python benchmarks/barge_in.py --settings /opt/voicectl/agent/etc/settings.json --calls 10
"""

import argparse
import json
import subprocess
import sys
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np

QUESTIONS = (
    "what are your opening hours",
    "how much does a cleaning cost",
    "do you treat children",
    "where can I park my car",
    "until what time can I come to you",
    "which insurance do you accept",
    "how long does an appointment take",
)
EARLIEST_MS, LATEST_MS = 150, 2200
# Steps of the golden section fill the range evenly, whatever their number is.
GOLDEN = 0.618


def main() -> None:
    """Print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--calls", type=int, default=10)
    options = parser.parse_args()
    moments = (EARLIEST_MS + round((number * GOLDEN % 1) * (LATEST_MS - EARLIEST_MS)) for number in count())
    calls = [call(options.settings, list(islice(moments, len(QUESTIONS)))) for _ in range(options.calls)]
    turns = [turn for each in calls for turn in each["turns"]]
    stops = [turn["interrupt_stop_ms"] for turn in turns if turn["interrupted"]]
    document = {
        "interruptions": figures([stop for stop in stops if stop]),
        "between_words": stops.count(0.0),
        "greetings": figures([each["greeting"]["first_audio_ms"] for each in calls]),
        "not_interrupted": sum(not turn["interrupted"] for turn in turns),
        "not_answered": sum(turn["lost"] is not None for turn in turns),
    }
    sys.stdout.write(json.dumps(document) + "\n")


def call(settings: Path, moments: list[int]) -> Any:
    """One call of the synthetic phone."""
    lines = zip(QUESTIONS, moments, strict=True)
    turns = [{"text": text, "interrupt_after_ms": after_ms} for text, after_ms in lines]
    job = {"turns": turns, "transcribe": False}
    argv = [sys.executable, "-m", "voicectl_runtime.caller", "--settings", str(settings)]
    done = subprocess.run(argv, input=json.dumps(job), capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def figures(values: list[float | None]) -> dict[str, object]:
    """All of them, in the order of time, and what they come to."""
    known = [value for value in values if value is not None]
    p50, p95, p99 = np.percentile(known, (50, 95, 99)).round(1)
    return {"count": len(known), "p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "most_ms": max(known), "all_ms": known}


if __name__ == "__main__":
    main()
