"""What dead orchestrators left: open rows, torn recordings, sound in tmpfs; what a living one needs is left alone."""

import asyncio
import logging
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Final

from voicectl_runtime.orchestrator.presence import Presence
from voicectl_runtime.orchestrator.record import Record
from voicectl_runtime.orchestrator.recording import finish_torn
from voicectl_runtime.settings import Paths

_log: Final = logging.getLogger(__name__)

EVERY_S: Final = 1.0


def open_record(paths: Paths, presence: Presence) -> Record:
    """The record, once everything before it is in order."""
    others = presence.others()
    record = Record(paths.state / "calls.db", presence.name)
    record.close_rows({presence.name, *others})
    paths.recordings.mkdir(mode=0o750, parents=True, exist_ok=True)
    if torn := finish_torn(paths.recordings, record.open_calls(others)):
        _log.warning("recordings_finished", extra={"torn": torn})
    paths.chunks.mkdir(mode=0o750, parents=True, exist_ok=True)
    remove_sound(paths.chunks, others)
    return record


async def tidy_after_the_dead(paths: Paths, presence: Presence, record: Record) -> None:
    """Look whether an orchestrator beside this one has died, for as long as this one lives."""
    beside = presence.others()
    while True:
        await asyncio.sleep(EVERY_S)
        before, beside = beside, presence.others()
        if before - beside:
            living = {presence.name, *beside}
            record.close_rows(living)
            remove_sound(paths.chunks, living)


def remove_sound(chunks: Path, living: Collection[str]) -> None:
    """Free the memory that the pieces of speech of dead processes take."""
    for folder in chunks.iterdir():
        if folder.name not in living:
            shutil.rmtree(folder, ignore_errors=True)
