"""Recordings are kept as long as the operator said, and not a day longer."""

import asyncio
import logging
import time
from pathlib import Path
from typing import Final

_log: Final = logging.getLogger(__name__)

DAY_S: Final = 86_400


def remove_expired(recordings: Path, keep_days: int, now_s: float) -> int:
    """Remove what was last written over `keep_days` before `now_s` (Unix time); returns how many recordings went."""
    expired = [path for path in recordings.glob("*.wav") if now_s - path.stat().st_mtime > keep_days * DAY_S]
    for path in expired:
        path.unlink(missing_ok=True)
    return len(expired)


async def keep_for(recordings: Path, keep_days: int) -> None:
    """Look once a day, for as long as the agent runs."""
    while True:
        if removed := await asyncio.to_thread(remove_expired, recordings, keep_days, time.time()):
            _log.info("recordings_expired", extra={"removed": removed})
        await asyncio.sleep(DAY_S)
