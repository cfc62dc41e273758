"""Which orchestrators live, and which of them has the door: an update starts a new one beside the old one."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Final


class Presence:
    """One orchestrator among those of its agent: a lock file each, which the kernel unlocks when the process dies."""

    def __init__(self, door: Path) -> None:
        """Take a name and lock it; `door` is the link that bridges follow to the socket of the newest orchestrator."""
        self._door, self._folder = door, door.parent
        self.name: Final = f"{door.stem}-{os.getpid()}"
        self.socket: Final = self._folder / f"{self.name}.sock"
        """Where this orchestrator listens, as long as it lives."""
        self._file = self._folder / f"{self.name}.lock"
        draft = self._file.with_suffix(".new")
        self._lock = os.open(draft, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Nobody may ever see the file unlocked and take us for dead.
        draft.replace(self._file)

    @property
    def has_the_door(self) -> bool:
        """Whether new calls come to this orchestrator."""
        try:
            return self._door.readlink().name == self.socket.name
        except OSError:
            return False

    def take_the_door(self) -> None:
        """From here on new calls come to this orchestrator: the link is switched in one step."""
        draft = self._door.with_suffix(".new")
        draft.unlink(missing_ok=True)
        draft.symlink_to(self.socket.name)
        draft.replace(self._door)

    def others(self) -> set[str]:
        """The names of the other orchestrators that live; what dead ones left here is removed."""
        found = {path.stem for path in self._folder.glob(f"{self._door.stem}-*.lock")} - {self.name}
        return {name for name in found if not self._is_dead(name)}

    def leave(self) -> None:
        """This orchestrator has no call any more."""
        self.socket.unlink(missing_ok=True)
        self._file.unlink(missing_ok=True)
        os.close(self._lock)

    def _is_dead(self, name: str) -> bool:
        lock = self._folder / f"{name}.lock"
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            with suppress(FileNotFoundError):
                (self._folder / f"{name}.sock").unlink()
            lock.unlink(missing_ok=True)
            return True
        finally:
            os.close(descriptor)
