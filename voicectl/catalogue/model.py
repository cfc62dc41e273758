"""What a model is: the digests of its files, its licence, and where its bytes can be had."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["stt", "tts", "llm", "matcher", "vad", "turn"]


@dataclass(frozen=True)
class ModelFile:
    """One file that the engine reads, and the only bytes that it may hold."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class HubSource:
    """A public model library that serves each file at an address of its own."""

    hub: str
    repo: str
    address: str
    """Pattern with {path} left open."""
    files: Mapping[str, str]
    """Our file name to the path in the repository."""

    @property
    def title(self) -> str:
        """How messages name this source."""
        return f"hub {self.hub} ({self.repo})"

    def url(self, name: str) -> str:
        """Where one of our files lies."""
        return self.address.replace("{path}", self.files[name])


@dataclass(frozen=True)
class PackageSource:
    """A Python wheel, pinned by its digest, that carries files as members."""

    package: str
    version: str
    bytes: int
    sha256: str
    files: Mapping[str, str]
    """Our file name to the member of the wheel."""

    @property
    def title(self) -> str:
        """How messages name this source."""
        return f"package {self.package} {self.version}"


Source = HubSource | PackageSource


@dataclass(frozen=True)
class Model:
    """One row of the catalogue."""

    id: str
    kind: Kind
    engine: str
    title: str
    licence: str
    """SPDX identifier."""
    licence_note: str
    files: tuple[ModelFile, ...]
    sources: tuple[Source, ...]
    """In the order in which they are tried."""

    @property
    def bytes(self) -> int:
        """The room that it takes on disk."""
        return sum(file.bytes for file in self.files)
