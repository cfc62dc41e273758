"""The difference that a deployment would make, in the operator's words."""

from collections.abc import Iterator
from typing import Final

from voicectl.phases.draft import Draft
from voicectl.render.diff import FileChange, Restart

_LIVE_CALLS: Final = {
    "asterisk-pbx": "new calls get 503 until the live ones have ended or calls.drain_s has passed",
    "orchestrator": "no call is cut: it keeps the calls that it has, and the new one takes the next",
}
"""What a restart means for callers."""
_ENGINE: Final = "waits until no call is live or calls.drain_s has passed; after that, callers hear apologies meanwhile"


def describe(draft: Draft, *, in_full: bool) -> Iterator[str]:
    """Line by line: what is fetched, made, written and restarted.

    Args:
        draft: the deployment.
        in_full: show new files whole; otherwise by name, as the first deployment has many.
    """
    if draft.is_nothing:
        yield "  nothing to change"
        return
    for model in draft.missing:
        yield f"  fetch   model {model.id} ({sum(file.bytes for file in model.files) / 1e6:.0f} MB)"
    for environment in draft.stale:
        yield f"  make    environment {environment.name}"
    for step in draft.tuning.steps:
        yield f"  set     {step} (this machine's)"
    for change in draft.change.files:
        yield from _file(change, in_full=in_full)
    for path in draft.change.copied:
        if path not in {change.path for change in draft.change.files}:
            yield f"  write   {path} (password, owner or mode)"
    for restart in draft.change.restarts:
        yield from _restart(restart)


def _file(change: FileChange, *, in_full: bool) -> Iterator[str]:
    verb = {"new": "write  ", "changed": "change ", "gone": "delete "}[change.kind]
    yield f"  {verb} {change.path}"
    if change.text and (in_full or change.kind == "changed"):
        yield from (f"    {line}" for line in change.text.splitlines())


def _restart(restart: Restart) -> Iterator[str]:
    verb = {"new": "start  ", "changed": "restart", "gone": "stop   "}[restart.kind]
    because = f" because of {', '.join(restart.because)}" if restart.because else ""
    yield f"  {verb} {restart.service}{because}"
    if restart.kind != "new":
        yield f"          {_LIVE_CALLS.get(restart.service, _ENGINE)}"
