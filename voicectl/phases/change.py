"""What this deployment would change on the machine, compared before anything is touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from voicectl.errors import MachineError, RenderError
from voicectl.phases.manifest import Manifest, is_ours
from voicectl.phases.ownership import stands_as
from voicectl.render.diff import FileChange, Restart, diff, restarts
from voicectl.render.inside import ensure_inside
from voicectl.render.rendered import Rendered
from voicectl.render.services import Service


@dataclass(frozen=True)
class Change:
    """The difference between the machine and what was rendered."""

    files: tuple[FileChange, ...]
    """With diffs that show no password."""
    copied: tuple[str, ...]
    """Files whose text, owner or mode is not as it should be."""
    removed: tuple[str, ...]
    restarts: tuple[Restart, ...]
    edited: tuple[str, ...]
    """Files that somebody changed by hand, and that this deployment would write over."""

    @property
    def is_nothing(self) -> bool:
        """True where the machine already is as it should be."""
        return not (self.copied or self.removed or self.restarts)


def compare(
    prefix: Path,
    files: Mapping[str, Rendered],
    services: tuple[Service, ...],
    manifest: Manifest,
    pending: Mapping[str, set[str]],
) -> Change:
    """Look at the machine.

    Args:
        prefix: the agent's folder.
        files: everything that should stand there, passwords among it.
        services: what should run.
        manifest: the last good deployment.
        pending: digests of what unfinished deployments wrote.
    """
    known = {*files, *manifest.files, *pending}
    old = {path: text for path in known if (text := _read(ensure_inside(prefix, path))) is not None}
    removed = tuple(sorted(path for path in old if path not in files))
    shown = {path for path in known if not path.startswith("secrets/")}
    return Change(
        files=diff({p: old[p] for p in old if p in shown}, {p: files[p] for p in files if p in shown}),
        copied=tuple(
            path for path in files if old.get(path) != files[path].text or not stands_as(prefix / path, files[path])
        ),
        removed=removed,
        restarts=restarts(manifest.reads, services),
        edited=tuple(
            path
            for path, text in sorted(old.items())
            if not is_ours(path, text, manifest, pending) and text != (files[path].text if path in files else None)
        ),
    )


def refuse_local_edits(change: Change) -> None:
    """Stop before somebody's work is written over.

    Raises:
        RenderError: E305.
    """
    if not change.edited:
        return
    raise RenderError(
        "E305",
        ", ".join(change.edited),
        "changed by hand since it was deployed, and deploying would write over that (the difference stands above)",
        fix="carry the change into voicectl.toml, or run `voicectl deploy --force` to give it up",
    )


def _read(path: Path) -> str | None:
    if path.is_symlink():
        raise RenderError("E304", str(path), "it is a symbolic link, which is not followed", fix="remove the link")
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MachineError("E452", str(path), f"cannot be read ({error.strerror})", fix="run this as root") from error
