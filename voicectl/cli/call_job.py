"""What `voicectl call` asks of the phone, and what it makes of the result."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from voicectl.bench.questions import spoken
from voicectl.config.refused import shown
from voicectl.errors import CallError, UsageError
from voicectl.logs.safe_text import escaped

SCHEMA: Final = "voicectl.call/1"
_PATTERN: Final = "re:"
_A_TURN_S: Final = 45  # the line, the wait for an answer, and the answer
_GREETING_S: Final = 45


def job_of_call(
    texts: Sequence[str],
    recordings: Sequence[Path],
    expectations: Sequence[str],
    *,
    interrupt_after_ms: int | None,
    out: Path | None,
) -> dict[str, Any]:
    """The phone's job.

    Raises:
        UsageError: a line that nobody can say, more expectations than lines, an interruption without a line, or a
            recording that is not there.
    """
    turns: list[dict[str, Any]] = [{"text": spoken(text, f"line {n}")} for n, text in enumerate(texts, start=1)]
    turns += [{"wav": str(_existing(path).resolve())} for path in recordings]
    if len(expectations) > len(turns):
        problem = f"{len(expectations)} expectations for {len(turns)} lines"
        raise UsageError("E102", "--expect", problem, fix="give each line one, in order; '' where any answer will do")
    for turn, expected in zip(turns, expectations, strict=False):
        turn["expect"] = _expectation(expected)
    if interrupt_after_ms is not None:
        if not turns:
            raise UsageError("E102", "--interrupt-after", "nothing to say", fix="give a line to interrupt with")
        turns[-1]["interrupt_after_ms"] = interrupt_after_ms
    folder = out.resolve() if out else Path(tempfile.mkdtemp(prefix="voicectl-call-"))
    return {"turns": turns, "recordings": str(folder), "longest_s": _GREETING_S + _A_TURN_S * len(turns)}


def longest_call_s(job: Mapping[str, Any]) -> float:
    """How long the call itself may take; writing it down afterwards takes less."""
    return float(job["longest_s"])


def problem_of(document: Mapping[str, Any]) -> CallError | None:
    """Why the call was not right, if it was not."""
    if document.get("ok"):
        return None
    if not document.get("answered"):
        status = f"{document['status']} " if document.get("status") else ""
        fix = "see `voicectl status`, and `voicectl logs asterisk-pbx`"
        return CallError("E522", "the call", f"not answered: {status}{document.get('reason')}", fix=fix)
    fix = f"`voicectl logs --call {document.get('call_id') or 'ID'}` shows the agent's side"
    for turn in document["turns"]:
        if turn["right"] is False or turn["agent_audio_ms"] is None:
            return CallError("E523", f"turn {turn['number']}", escaped(_problem_of_turn(turn)), fix=fix)
    return CallError("E524", "the call", str(document.get("reason")), fix=fix)


def _problem_of_turn(turn: Mapping[str, Any]) -> str:
    if turn["agent_audio_ms"] is None:
        return f"after “{turn['said']}” nothing was heard: {turn['lost']}"
    return f"after “{turn['said']}” the agent should have said “{turn['expected']}”, but said “{turn['heard']}”"


def _expectation(expected: str) -> str | None:
    if expected.startswith(_PATTERN):
        try:
            re.compile(expected.removeprefix(_PATTERN))
        except (re.error, RecursionError, OverflowError) as error:
            problem = f"not a regular expression ({shown(expected)}: {error})"
            raise UsageError("E102", "--expect", problem, fix="correct it, or write the words alone") from error
    return expected or None


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise UsageError("E103", "--wav", f"no such file ({path})", fix="give a WAV file of 16-bit samples")
    return path
