"""A file that others read is replaced as a whole: a reader sees the old one or the new one, whenever we end."""

import errno
import os
from pathlib import Path


def write_whole(path: Path, text: str, mode: int = 0o666) -> None:
    """Replace the file, or the one that a link names; `mode` is what the umask is taken from.

    Raises:
        OSError: it cannot be written there, and nothing was changed.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():  # root may rename over /dev/null, and every program would miss it
        raise OSError(errno.EINVAL, "not a regular file")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        # O_EXCL: whatever somebody put under this name meanwhile is not followed.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # or a power cut leaves the new name on an empty file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
