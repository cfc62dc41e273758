"""The gate of a deployment: a phone call that asks one question of the operator's own script."""

import time
import tomllib
from pathlib import Path
from typing import Any, Final

from voicectl.errors import CallError
from voicectl.phases.call import place_call
from voicectl.phases.reporter import Reporter, heartbeat
from voicectl.render.places import Places

_LONGEST_CALL_S: Final = 60
_TIMEOUT_S: Final = 120.0
_BUSY: Final = 486
_ALL_LINES_BUSY_S: Final = 120.0
_AGAIN_S: Final = 2.0


def gate_job(script: str, recordings: Path) -> dict[str, object]:
    """Ask what the script's first plain answer is for, and expect that answer.

    Args:
        script: the text of `script.toml`.
        recordings: folder for the recording.
    """
    answers = tomllib.loads(script)["answers"].values()
    plain = [one for one in answers if one.get("action", "none") == "none" and "{" not in one["say"]]
    turns = [{"text": one["questions"][0], "expect": one["say"]} for one in plain[:1]]
    return {"turns": turns, "recordings": str(recordings), "longest_s": _LONGEST_CALL_S}


def call_the_agent(places: Places, recordings: Path, reporter: Reporter) -> dict[str, Any]:
    """Place the test call and return its document.

    Raises:
        CallError: E521, nobody answered, or the answer was another one than the script's; E524, Asterisk wrote no event
            of the call, whatever its configuration says.
    """
    before = _size(places.call_events)
    recordings.mkdir(mode=0o700, exist_ok=True)
    job = gate_job(places.script.read_text(encoding="utf-8"), recordings)
    free_within_s = time.monotonic() + _ALL_LINES_BUSY_S
    with heartbeat(reporter, "the test call"):
        while True:
            document = place_call(places, job, timeout_s=_TIMEOUT_S, progress=lambda line: reporter.say(f"  {line}"))
            if document.get("status") != _BUSY or time.monotonic() > free_within_s:
                break
            time.sleep(_AGAIN_S)  # callers come first: the test takes the next line that is free
    if document.get("ok") is True:
        if _size(places.call_events) == before:
            problem = "Asterisk wrote no event of the test call, and calls that no orchestrator takes would be lost"
            raise CallError("E524", str(places.call_events), problem, fix="`voicectl logs asterisk-pbx` says why")
        return document
    raise CallError("E521", "the test call", what_went_wrong(document), fix="`voicectl logs --calls` lists the call")


def what_went_wrong(document: dict[str, Any]) -> str:
    """One line about a call that failed."""
    if not document.get("answered"):
        status = [str(document[key]) for key in ("status", "reason") if document.get(key)]
        return f"nobody answered ({' '.join(status) or 'no reply'})"
    for turn in document.get("turns", ()):
        if turn.get("right") is not True:
            why = turn.get("lost") or f"it said “{turn.get('heard') or ''}”"
            return f"asked “{turn.get('said')}”, the agent should have said “{turn.get('expected')}”, but {why}"
    return str(document.get("reason") or "the call went wrong")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # not written yet
        return 0
