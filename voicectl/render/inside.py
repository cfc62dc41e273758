"""Keeps what is written below the prefix below the prefix."""

from pathlib import Path, PurePosixPath

from voicectl.errors import RenderError


def ensure_inside(root: Path, target: str) -> Path:
    """The absolute path of a rendered file, which must not lead out of the agent's own folder.

    This looks at the names alone; whoever writes the file also refuses to follow a symbolic link.

    Raises:
        RenderError: E304.
    """
    parts = PurePosixPath(target).parts
    if not parts or PurePosixPath(target).is_absolute() or ".." in parts or "\0" in target:
        raise RenderError(
            "E304",
            target,
            f"it would be written outside {root}",
            fix="report this: it is a mistake in voicectl, and nothing was written",
        )
    return root.joinpath(*parts)
