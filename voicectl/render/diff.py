"""What a deployment would change: files as diffs without their passwords, and the services that would start anew."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from hashlib import sha256
from typing import Final, Literal

from voicectl.render.rendered import Rendered
from voicectl.render.services import Service

_PASSWORD: Final = re.compile(r"^(\s*password\s*=\s*)(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class FileChange:
    """One file that would not be the same afterwards."""

    path: str
    kind: Literal["new", "changed", "gone"]
    text: str
    """A unified diff."""


@dataclass(frozen=True)
class Restart:
    """A service that would be started, restarted or stopped."""

    service: str
    kind: Literal["new", "changed", "gone"]
    because: tuple[str, ...]
    """What it reads that is not the same any more."""


def diff(old: Mapping[str, str], new: Mapping[str, Rendered]) -> tuple[FileChange, ...]:
    """The files that differ, by path.

    Args:
        old: the text of the files that stand on the machine and are ours.
        new: what `render` made.
    """
    return tuple(
        _change(path, old.get(path), new.get(path)) for path in sorted({*old, *new}) if _differs(path, old, new)
    )


def restarts(old: Mapping[str, Mapping[str, str]], new: Iterable[Service]) -> tuple[Restart, ...]:
    """The services that would not go on running as they are.

    Args:
        old: what each running service reads, as `Service.reads` said it when it was deployed.
        new: the services of this rendering.
    """
    wanted = {service.name: service.reads for service in new}
    changes = [_restart(name, old.get(name), reads) for name, reads in wanted.items() if old.get(name) != reads]
    return (*changes, *(Restart(name, "gone", ()) for name in old if name not in wanted))


def edited(manifest: Mapping[str, str], on_disk: Mapping[str, str]) -> tuple[str, ...]:
    """The files that somebody changed by hand since they were deployed.

    Args:
        manifest: the sha256 that each file had when it was deployed.
        on_disk: the text that the files have now.
    """
    return tuple(
        path
        for path, digest in sorted(manifest.items())
        if path in on_disk and sha256(on_disk[path].encode()).hexdigest() != digest
    )


def _differs(path: str, old: Mapping[str, str], new: Mapping[str, Rendered]) -> bool:
    return path not in old or path not in new or old[path] != new[path].text


def _change(path: str, before: str | None, after: Rendered | None) -> FileChange:
    kind: Literal["new", "changed", "gone"] = "new" if before is None else "gone" if after is None else "changed"
    old_text, new_text = before or "", after.text if after else ""
    # Without the rendering nobody knows whether the old file held a password, so it counts as if it did.
    if after is None or after.secret:
        same = _passwords(old_text) == _passwords(new_text)
        old_text, new_text = _hidden(old_text, "[hidden]"), _hidden(new_text, "[hidden]" if same else "[hidden, new]")
    lines = unified_diff(old_text.splitlines(), new_text.splitlines(), path, path, lineterm="")
    return FileChange(path, kind, "\n".join(lines))


def _passwords(text: str) -> list[str]:
    return [found[2] for found in _PASSWORD.finditer(text)]


def _hidden(text: str, instead: str) -> str:
    return _PASSWORD.sub(lambda found: found[1] + instead, text)


def _restart(name: str, before: Mapping[str, str] | None, after: Mapping[str, str]) -> Restart:
    if before is None:
        return Restart(name, "new", ())
    because = sorted(what for what in {*before, *after} if before.get(what) != after.get(what))
    return Restart(name, "changed", tuple(because))
