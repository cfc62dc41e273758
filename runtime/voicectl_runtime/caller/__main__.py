"""`python -m voicectl_runtime.caller --settings S`: one job on stdin, one document on stdout, progress on stderr."""

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

from voicectl_runtime.caller.errors import PhoneError
from voicectl_runtime.caller.job import read_job
from voicectl_runtime.caller.phone import run_job
from voicectl_runtime.settings import SettingsError, read_settings


def main() -> int:
    """Carry out the job; the document is printed whatever becomes of the calls."""
    parser = argparse.ArgumentParser(prog="voicectl_runtime.caller", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        document = asyncio.run(_run(arguments.settings, sys.stdin.read()))
    except (PhoneError, SettingsError, ValueError) as error:
        document = {"ok": False, "answered": False, "status": None, "reason": str(error), "turns": []}
    except (KeyboardInterrupt, asyncio.CancelledError):
        document = {"ok": False, "answered": False, "status": None, "reason": "stopped", "turns": []}
    json.dump(document, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")
    return 0 if document["ok"] else 1


async def _run(settings_file: Path, stdin: str) -> dict[str, Any]:
    """Hang up before the process ends, also when it is asked to end."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - narrows the type; this runs in a task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run_job(read_settings(settings_file), read_job(json.loads(stdin)), _say)


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
