"""Which configuration file is in use, and its text."""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from voicectl.errors import ConfigError, UsageError

LARGEST_BYTES: Final = 1024 * 1024
_INIT: Final = "run `voicectl init` to write one"


def find_config(path: Path | None, env: Mapping[str, str]) -> Path | None:
    """The file in use: the one that was named, else the first that lies in a usual place; None where there is none.

    Raises:
        UsageError: a file was named, and is not there.
    """
    named = path or (Path(env["VOICECTL_CONFIG"]) if env.get("VOICECTL_CONFIG") else None)
    if named is None:
        return next((place for place in usual_places(env) if _exists(place)), None)
    if not _exists(named):
        searched = "as --config names it" if path else "as VOICECTL_CONFIG names it"
        raise UsageError("E102", str(named), f"no such file, searched {searched}", fix=_INIT)
    return named


def usual_places(env: Mapping[str, str]) -> tuple[Path, ...]:
    """Where a configuration is looked for, first place first."""
    home = env.get("XDG_CONFIG_HOME") or (f"{env['HOME']}/.config" if env.get("HOME") else "")
    own = (Path(home) / "voicectl" / "voicectl.toml",) if home else ()
    return (Path("voicectl.toml"), *own, Path("/etc/voicectl/voicectl.toml"))


def read_config(path: Path) -> str:
    """The file's text.

    Raises:
        ConfigError: it cannot be read, is no regular file, is too large, or is not UTF-8.
    """
    return read_regular_file(path, fix="name a TOML file")


def read_regular_file(path: Path, *, fix: str) -> str:
    """The text of a file that the operator names; `fix` says which kind of file it should be.

    Raises:
        UsageError, ConfigError: as `ensure_regular_file`; E201, it is not UTF-8.
    """
    ensure_regular_file(path, fix=fix)
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_BYTES)  # endless files of /proc say that they are empty
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = f"not UTF-8 (byte 0x{raw[error.start]:02x})"
        raise ConfigError("E201", f"{path}:{line}", problem, fix="save the file as UTF-8") from error


def ensure_regular_file(path: Path, *, fix: str) -> None:
    """Refuse what would be waited on for ever or fill the memory.

    Raises:
        UsageError: E102, there is no such file.
        ConfigError: E103, it is a folder, a FIFO or a device, or larger than any of ours; E104, it cannot be looked at.
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError("E102", str(path), "no such file", fix=fix) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError("E103", str(path), "not a regular file", fix=fix)
    if found.st_size > LARGEST_BYTES:
        raise ConfigError("E103", str(path), f"larger than {LARGEST_BYTES} bytes", fix=fix)


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError:  # a NUL in the environment variable's neighbour, the command line, is caught earlier
        return False
    return True


def _unreadable(path: Path, error: OSError) -> ConfigError:
    try:
        found = path.stat()
        seen = f"{error.strerror}, owner {found.st_uid}, mode {stat.S_IMODE(found.st_mode):04o}"
    except OSError:
        seen = str(error.strerror)
    return ConfigError("E104", str(path), f"cannot be read ({seen})", fix="let your user read it, or name another file")
