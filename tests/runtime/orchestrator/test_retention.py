"""How long recordings stay."""

import os
from pathlib import Path

from voicectl_runtime.orchestrator.retention import DAY_S, remove_expired

NOW_S = 1_700_000_000.0


def test_only_recordings_past_their_days_are_removed(tmp_path: Path) -> None:
    """A recording of the last day stays, an older one goes, and other files are not looked at."""
    for name, age_days in (("young.wav", 13.9), ("old.wav", 14.1), ("old.txt", 99)):
        path = tmp_path / name
        path.write_bytes(b"")
        os.utime(path, (0, NOW_S - age_days * DAY_S))

    removed = remove_expired(tmp_path, 14, NOW_S)

    assert (removed, sorted(path.name for path in tmp_path.iterdir())) == (1, ["old.txt", "young.wav"])
