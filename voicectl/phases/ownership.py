"""Who may read a file: the groups of the rendering as users of this machine."""

import grp
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from voicectl.render.rendered import Group, Rendered
from voicectl.render.services import ENGINES_USER, PBX_USER

GROUPS: Final[Mapping[Group, str]] = {"root": "root", "pbx": PBX_USER, "engines": ENGINES_USER}


def copy_order(path: str, rendered: Rendered) -> dict[str, str]:
    """One file as the playbook is told to copy it."""
    return {"path": path, "owner": "root", "group": GROUPS[rendered.group], "mode": f"{rendered.mode:04o}"}


def stands_as(path: Path, rendered: Rendered) -> bool:
    """Whether a file's owner, group and mode are right; what it says is looked at elsewhere."""
    try:
        found = path.lstat()
        group = grp.getgrnam(GROUPS[rendered.group]).gr_gid
    except (FileNotFoundError, KeyError):  # no such file, or no such group yet
        return False
    return (found.st_uid, found.st_gid, found.st_mode & 0o7777) == (0, group, rendered.mode)
