"""What deploy remembers: the last deployment that passed its test call, whole, so that it can be put back."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from voicectl.phases.deploy_folder import DeployFolder
from voicectl.render.rendered import Rendered
from voicectl.render.services import Service
from voicectl.whole_file import write_whole

SCHEMA: Final = "voicectl.manifest/1"


@dataclass(frozen=True)
class Manifest:
    """One deployment."""

    files: Mapping[str, Rendered] = field(default_factory=dict)
    reads: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By service: what it reads, with the digests."""
    health: Mapping[str, str | None] = field(default_factory=dict)
    """By service: the address that answers when it is ready for calls."""
    profile: str = ""

    @property
    def is_empty(self) -> bool:
        """True where nothing has been deployed yet."""
        return not self.files


def manifest_of(files: Mapping[str, Rendered], services: Iterable[Service], profile: str) -> Manifest:
    """What is to be remembered of this deployment."""
    running = list(services)
    return Manifest(
        files=files,
        reads={service.name: service.reads for service in running},
        health={service.name: service.health for service in running},
        profile=profile,
    )


def read_manifest(folder: DeployFolder) -> Manifest:
    """The last good deployment; an empty one where there is none, or where another version of voicectl wrote it."""
    document = _read(folder.manifest)
    with suppress(KeyError, TypeError, AttributeError):
        if document["schema"] == SCHEMA:
            files = {path: Rendered(**rendered) for path, rendered in document["files"].items()}
            return Manifest(files, document["reads"], document["health"], document["profile"])
    return Manifest()


def save_manifest(folder: DeployFolder, manifest: Manifest) -> None:
    """Remember a good deployment; nothing is pending any more."""
    files = {path: asdict(rendered) for path, rendered in manifest.files.items()}
    rest = {"profile": manifest.profile, "reads": manifest.reads, "health": manifest.health}
    document = {"schema": SCHEMA, "files": files, **rest}
    _write(folder.manifest, document)
    folder.pending.unlink(missing_ok=True)


def note_pending(folder: DeployFolder, files: Mapping[str, Rendered]) -> None:
    """Before anything is written: these texts are ours too, even if this run never finishes."""
    ours = read_pending(folder)
    for path, rendered in files.items():
        ours.setdefault(path, set()).add(rendered.digest)
    _write(folder.pending, {path: sorted(digests) for path, digests in ours.items()})


def read_pending(folder: DeployFolder) -> dict[str, set[str]]:
    """The digests that unfinished deployments may have left, by path."""
    return {path: set(digests) for path, digests in _read(folder.pending).items()}


def is_ours(path: str, text: str, manifest: Manifest, pending: Mapping[str, set[str]]) -> bool:
    """Whether a deployment wrote this text there, and nobody changed it since."""
    digest = sha256(text.encode()).hexdigest()
    known = manifest.files[path].digest if path in manifest.files else ""
    return digest == known or digest in pending.get(path, ())


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _write(path: Path, document: Mapping[str, Any]) -> None:
    write_whole(path, json.dumps(document), mode=0o600)
