"""The lock belongs to a living process, never to a file."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from voicectl.errors import LockHeldError
from voicectl.phases.lock import held

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
_HOLD = """
import sys, time
from datetime import datetime, UTC
from pathlib import Path
from typing import Any
from voicectl.phases.lock import held
with held(Path(sys.argv[1]), datetime.now(UTC)):
    print("held", flush=True)
    time.sleep(60)
"""


def test_holder_signs(tmp_path: Path) -> None:
    """Whoever looks at the lock learns pid, user, host and time."""
    with held(tmp_path / "lock", NOON):
        signed = json.loads((tmp_path / "lock").read_text(encoding="utf-8"))

    assert signed["pid"] == os.getpid()
    assert signed["since"] == "2026-01-02T12:00:00+00:00"
    assert {"user", "host"} < set(signed)


def test_lock_is_free_after_an_error(tmp_path: Path) -> None:
    """However the work ends, the next one may begin."""
    with pytest.raises(ZeroDivisionError), held(tmp_path / "lock", NOON):
        raise ZeroDivisionError

    with held(tmp_path / "lock", NOON):
        pass


def test_killed_holder_leaves_no_stale_lock(tmp_path: Path) -> None:
    """A holder that dies without a word frees the lock: nobody ever has to delete a file."""
    lock = tmp_path / "lock"
    argv = [sys.executable, "-c", _HOLD, str(lock)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockHeldError, match=f"pid {holder.pid}"), held(lock, NOON):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()

    with held(lock, NOON):
        pass


def test_link_in_the_locks_place_is_not_followed(tmp_path: Path) -> None:
    """Nobody makes root truncate another file."""
    (tmp_path / "other").write_text("mine", encoding="utf-8")
    (tmp_path / "lock").symlink_to(tmp_path / "other")

    with pytest.raises(OSError, match="symbolic link"), held(tmp_path / "lock", NOON):
        pass

    assert (tmp_path / "other").read_text(encoding="utf-8") == "mine"


def test_a_lock_that_was_taken_away_is_nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who opened it before its holder removed it must not deploy beside whoever makes the next one."""
    lock, opened = tmp_path / "lock", os.open

    def opened_too_early(*arguments: Any) -> int:
        descriptor = opened(*arguments)
        lock.unlink()
        return descriptor

    monkeypatch.setattr(os, "open", opened_too_early)
    with pytest.raises(LockHeldError, match="E108"), held(lock, NOON):
        pass
