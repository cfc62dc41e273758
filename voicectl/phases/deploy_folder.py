"""Where deploy keeps what it must remember: a folder of root's own, which no service can write to.

`state/` belongs to the user of Asterisk and the orchestrator; what root trusts must not lie there.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from voicectl.errors import MachineError
from voicectl.models.filling import make_folder

LOCK: Final = "lock"


@dataclass(frozen=True)
class DeployFolder:
    """<prefix>/deploy."""

    path: Path

    @property
    def lock(self) -> Path:
        """Held while somebody deploys."""
        return self.path / LOCK

    @property
    def manifest(self) -> Path:
        """The last deployment that passed its test call."""
        return self.path / "manifest.json"

    @property
    def pending(self) -> Path:
        """What unfinished deployments have been writing."""
        return self.path / "pending.json"

    @property
    def gate(self) -> Path:
        """The test call's recording."""
        return self.path / "gate"

    def make(self) -> tuple[Path, ...]:
        """Make the folder, and the prefix above it readable for the services whatever the operator's umask.

        Returns:
            What was not there before, the outermost first.

        Raises:
            MachineError: it cannot be made.
        """
        try:
            made = make_folder(self.path)
            self.path.chmod(0o700)
        except OSError as error:
            problem = f"cannot be made ({error.strerror})"
            raise MachineError("E451", str(self.path), problem, fix="choose another deploy.prefix") from error
        return made

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """A folder for one run, gone afterwards; what a killed run left is cleared first."""
        work = self.path / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        try:
            yield Path(mkdtemp(dir=work))
        finally:
            shutil.rmtree(work, ignore_errors=True)


def unmake(made: tuple[Path, ...]) -> None:
    """Take locks that the caller holds away again, and the folders that were made for them, the innermost first."""
    for path in reversed(made):
        with suppress(OSError):  # something else is in the folder
            path.rmdir() if path.is_dir() else path.unlink()
