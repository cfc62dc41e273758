# ruff: noqa: INP001 - benchmarks are programs, not a package
"""Dead bridges that Asterisk has not reaped, after thousands of hang-ups with one call always up.

    sudo python -m benchmarks.zombies --config voicectl.toml --prefix /opt/voicectl --hang-ups 10000

The agent must be deployed with trunk.address = "127.0.0.2" and trunk.number = "+15551230100": callers come from there.
"""

import argparse
import json
import sys
import time
from pathlib import Path

from tests.wire.agent import Agent
from tests.wire.inside import Inside
from tests.wire.passing_callers import zombies_after


def main() -> None:
    """Print one JSON document."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--prefix", type=Path, required=True)
    parser.add_argument("--hang-ups", type=int, default=10_000)
    options = parser.parse_args()
    began_s = time.monotonic()
    zombies = zombies_after(Inside(Agent(options.config, options.prefix)), options.hang_ups)
    report = {"hang_ups": options.hang_ups, "zombies": zombies, "took_s": round(time.monotonic() - began_s)}
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
