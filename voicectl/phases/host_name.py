"""The machine that the operator names on the command line: a name or an address, perhaps a user, nothing else."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from voicectl.config.refused import shown
from voicectl.errors import UsageError

_LONGEST: Final = 253
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_USER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", re.ASCII)


@dataclass(frozen=True)
class Host:
    """A machine that Ansible reaches over SSH; ports, keys and jumps stand in the operator's ~/.ssh/config."""

    name: str
    user: str | None

    def __str__(self) -> str:
        """As `ssh` takes it."""
        return f"{self.user}@{self.name}" if self.user else self.name


def parse_host(text: str) -> Host:
    """[user@]name, or [user@]address.

    Raises:
        UsageError: E105, it is neither; nothing was executed.
    """
    user, at, name = text.rpartition("@")
    if (at and not _USER.fullmatch(user)) or not (_is_name(name) or _is_address(name)):
        fix = "name a machine as ssh does: pbx.example.com, root@pbx, 192.0.2.10"
        raise UsageError("E105", "--host", f"not the name of a machine ({shown(text)})", fix=fix)
    return Host(name=name, user=user or None)


def _is_name(text: str) -> bool:
    return len(text) <= _LONGEST and _NAME.fullmatch(text) is not None


def _is_address(text: str) -> bool:
    try:
        return "%" not in text and ip_address(text) is not None
    except ValueError:
        return False
