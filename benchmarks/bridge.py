# ruff: noqa: INP001 - benchmarks are programs, not a package
"""From the start of the EAGI bridge, as Asterisk starts it for every call, to the call's descriptors in our hands.

python benchmarks/bridge.py --starts 200
"""

import argparse
import fcntl
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

BRIDGE = Path(__file__).parents[1] / "runtime/voicectl_runtime/bridge.py"
ENVIRONMENT = b"agi_request: bridge.py\nagi_uniqueid: 1.1\nagi_callerid: 100\nagi_enhanced: 1.0\n\n"
AUDIO = 3


def main() -> None:
    """Print one JSON document."""
    options = _options()
    times_ms = []
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(f"{folder}/door")
        door.listen()
        times_ms = [_start(options.python, door, f"{folder}/door") for _ in range(options.starts)]
    found = {f"p{percent}": round(float(np.percentile(times_ms, percent)), 1) for percent in (50, 95, 99)}
    machine = {"cores": os.cpu_count(), "load_average": os.getloadavg()}
    sys.stdout.write(json.dumps({"starts": len(times_ms), "ms": {**found, "max": max(times_ms)}, **machine}) + "\n")


def _start(python: str, door: socket.socket, path: str) -> float:
    """Milliseconds from the fork to the three descriptors."""
    replies, answers = os.pipe()
    audio, voice = os.pipe()
    os.write(answers, ENVIRONMENT)
    began_s = time.perf_counter()
    process = subprocess.Popen(
        [python, "-ISE", str(BRIDGE), path, "call"],
        stdin=replies,
        stdout=subprocess.PIPE,
        pass_fds=[AUDIO],
        preexec_fn=lambda: os.dup2(audio, AUDIO),  # noqa: PLW1509 - no thread runs here
    )
    connection, _ = door.accept()
    connection.send(b"?")
    _, descriptors, _, _ = socket.recv_fds(connection, 65536, 3)
    took_ms = (time.perf_counter() - began_s) * 1000
    connection.send(b"A")
    connection.send(b"0")
    for each in (*descriptors, replies, answers, audio, voice):
        os.close(each)
    process.communicate()
    connection.close()
    return round(took_ms, 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=200)
    parser.add_argument("--python", default="/usr/bin/python3", help="the one that Asterisk finds")
    return parser.parse_args()


if __name__ == "__main__":
    # The audio pipe must lie on descriptor 3 in the bridge, so nothing of ours may.
    null = os.open(os.devnull, os.O_RDONLY)
    if null != AUDIO:
        fcntl.fcntl(null, fcntl.F_DUPFD, AUDIO)
    main()
