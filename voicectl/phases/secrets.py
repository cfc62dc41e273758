"""The agent's passwords: made once, by us, and kept in files that root alone may read."""

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from voicectl.config.sections import Config
from voicectl.errors import MachineError
from voicectl.render.places import places_of
from voicectl.render.rendered import Rendered

_BYTES: Final = 16


def read_or_make_secrets(
    config: Config, make: Callable[[], str] = lambda: secrets.token_urlsafe(_BYTES)
) -> dict[str, str]:
    """Every password by the name of its file; one that does not exist yet is made, but not written anywhere."""
    names = ("phone", "supervisor", *(f"person-{person.key}" for person in config.people if person.extension))
    return {name: _read(places_of(config).secret(name)) or make() for name in names}


def secret_files(passwords: Mapping[str, str]) -> dict[str, Rendered]:
    """The passwords as files that are put in place like all others."""
    return {
        f"secrets/{name}": Rendered(f"{password}\n", mode=0o600, secret=True) for name, password in passwords.items()
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise MachineError("E452", str(path), f"cannot be read ({error})", fix="run this as root") from error
