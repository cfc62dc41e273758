"""What lies in the store, and whether it is what the catalogue says."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from voicectl.catalogue.models import Model, ModelFile

State = Literal["present", "missing", "corrupt"]


@dataclass(frozen=True)
class Checked:
    """One file of a model, as it was found."""

    file: ModelFile
    path: Path
    state: State


def check(models: Path, model: Model) -> tuple[Checked, ...]:
    """Look at every file of a model, and hash what is there."""
    return tuple(_checked(models / model.id / file.name, file) for file in model.files)


def state_of(files: tuple[Checked, ...]) -> State:
    """One word for the whole model: a corrupt file is worse than a missing one."""
    found = {file.state for file in files}
    if "corrupt" in found:
        return "corrupt"
    return "missing" if "missing" in found else "present"


def is_right(path: Path, size: int, sha256: str) -> bool:
    """Whether a file holds exactly the bytes that this size and digest stand for."""
    return path.stat().st_size == size and _digest(path) == sha256


def _checked(path: Path, file: ModelFile) -> Checked:
    if not path.is_file():
        return Checked(file, path, "missing")
    return Checked(file, path, "present" if is_right(path, file.bytes, file.sha256) else "corrupt")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
