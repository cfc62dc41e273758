"""A first `voicectl.toml` for the operator: the reference file, to be edited."""

import os
from pathlib import Path
from shlex import quote

from voicectl.errors import MachineError, UsageError
from voicectl.paths import REFERENCE_CONFIG


def write_reference(path: Path) -> Path:
    """Write the reference to a file, or into a folder as `voicectl.toml`; never over something that is there.

    Raises:
        UsageError: E112, something is there already; E102, a folder is named, and there is none.
        MachineError: the file cannot be written.
    """
    target = path
    try:
        if path.is_dir():
            target = path / "voicectl.toml"
        elif path.suffix != ".toml" and not os.path.lexists(path):  # /etc/voicectl, say: a file would be in the way
            fix = f"mkdir {quote(str(path))}, or name a file that ends in .toml"
            raise UsageError("E102", str(path), "no such folder", fix=fix)
        _write_new(target, REFERENCE_CONFIG.read_text(encoding="utf-8"))
    except FileExistsError as error:
        problem = "there is a file already, and it stays as it is"
        raise UsageError("E112", str(target), problem, fix="edit it, or name another file") from error
    except OSError as error:
        raise MachineError(
            "E401", str(target), f"cannot be written ({error.strerror})", fix="name a folder that exists and is yours"
        ) from error
    return target


def _write_new(target: Path, text: str) -> None:
    with target.open("x", encoding="utf-8") as file:  # "x": no other program can slip a file in between
        try:
            file.write(text)
            file.flush()
        except OSError:  # a full disk; half a file would be in the way of the next try
            target.unlink()
            raise
