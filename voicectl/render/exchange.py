"""How Asterisk got onto this machine, and how it is started from there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voicectl.errors import RenderError


@dataclass(frozen=True)
class Exchange:
    """Asterisk from the distribution's package, or in a root file system of its own."""

    packaged: bool = False
    architecture: str = "x86_64"
    """As `uname -m` says it."""


@dataclass(frozen=True)
class Root:
    """Asterisk inside a root file system, started by that root's own dynamic loader, without chroot."""

    loader: Path
    libraries: Path
    program: Path
    modules: Path
    data: Path


# Debian's name of the architecture's library folder, and the loader's place in the root.
_LOADERS: Final = {
    "x86_64": ("x86_64-linux-gnu", "lib64/ld-linux-x86-64.so.2"),
    "aarch64": ("aarch64-linux-gnu", "lib/ld-linux-aarch64.so.1"),
}


def root_of(exchange: Exchange, root: Path) -> Root | None:
    """Where Asterisk's parts lie below its root; None where the distribution's package knows that itself.

    Raises:
        RenderError: E301 this processor is none of those whose root file systems we know.
    """
    if exchange.packaged:
        return None
    if exchange.architecture not in _LOADERS:
        raise RenderError(
            "E301",
            "bin/asterisk",
            f"no root file system with Asterisk is known for the architecture {exchange.architecture}",
            fix="use a distribution that has Asterisk as a package",
        )
    folder, loader = _LOADERS[exchange.architecture]
    libraries = root / "usr/lib" / folder
    return Root(
        loader=root / loader,
        libraries=libraries,
        program=root / "usr/sbin/asterisk",
        modules=libraries / "asterisk/modules",
        data=root / "usr/share/asterisk",
    )
