"""What happens when the new agent does not answer as it should: the last good deployment is put back."""

from collections.abc import Callable
from pathlib import Path

from voicectl.errors import GateError, RollbackError, VoicectlError
from voicectl.phases.apply import Delivery
from voicectl.phases.draft import Draft
from voicectl.phases.manifest import Manifest
from voicectl.phases.ownership import stands_as
from voicectl.phases.reporter import Reporter
from voicectl.render.rendered import Rendered


def put_back(
    draft: Draft,
    delivery: Delivery,
    bring: Callable[[Manifest, Delivery], None],
    why: VoicectlError,
    reporter: Reporter,
) -> VoicectlError:
    """Undo this deployment, and return the error that says how that went.

    Args:
        draft: what failed.
        delivery: how it was brought to the machine.
        bring: brings another delivery, and waits until its services are healthy.
        why: what went wrong.
        reporter: is told.
    """
    if draft.previous.is_empty:
        return _kept(why, f"{why.problem}; nothing was deployed before, so the services are left for inspection")
    if draft.change.is_nothing:
        return _kept(why, f"{why.problem}; this deployment had changed nothing, so there is nothing to put back")
    reporter.say(f"  {why}")
    reporter.phase("Put the last good deployment back")
    try:
        bring(draft.previous, previous_delivery(draft, delivery))
    except VoicectlError as second:
        failed = f"could not be put back: {second.where}: {second.problem}"
        problem = f"{why.problem}; and the last good deployment {failed}"
        return RollbackError("E532", why.where, problem, fix=f"callers are not served: {second.fix}")
    problem = f"{why.problem}; the last good deployment was put back and runs"
    return GateError("E531", why.where, problem, fix=f"{why.fix}; correct the cause and deploy again")


def previous_delivery(draft: Draft, delivery: Delivery) -> Delivery:
    """The last good deployment's files, of which those are copied that are not there any more."""
    prefix, files = delivery.places.prefix, draft.previous.files
    return Delivery(
        places=delivery.places,
        files=files,
        copied=tuple(path for path in files if not _stands(prefix / path, files[path])),
        removed=tuple(sorted(path for path in draft.files if path not in files)),
        environments=delivery.environments,
        asterisk=delivery.asterisk,
        language_model=delivery.language_model if "llm-service" in draft.previous.reads else None,
        restarting=tuple(one.service for one in draft.change.restarts),
        drain_s=delivery.drain_s,
        tuning=delivery.tuning,
    )


def _stands(path: Path, rendered: Rendered) -> bool:
    return stands_as(path, rendered) and path.read_text(encoding="utf-8", errors="replace") == rendered.text


def _kept(why: VoicectlError, problem: str) -> GateError:
    return GateError("E530", why.where, problem, fix=why.fix)
