"""Which files hold the services' logs: one a service, and what was rotated away, oldest first."""

from difflib import get_close_matches
from pathlib import Path

from voicectl.errors import ServiceError, UsageError


def services_in(folder: Path) -> list[str]:
    """The services that have written a log.

    Raises:
        ServiceError: nothing is there.
    """
    try:
        found = sorted(path.stem for path in folder.glob("*.log"))
    except OSError as error:
        problem = f"the logs cannot be read ({error.strerror})"
        raise ServiceError("E545", str(folder), problem, fix="run the command as root") from error
    if not found:
        fix = "deploy the agent with `voicectl deploy`, or name its voicectl.toml with --config"
        raise ServiceError("E544", str(folder), "there are no logs here", fix=fix)
    return found


def ensure_service(service: str, known: list[str]) -> str:
    """The service, where it has a log.

    Raises:
        UsageError: it has none; the line names the nearest one.
    """
    if service not in known:
        near = get_close_matches(service, known, n=1, cutoff=0.4)
        fix = f"did you mean {near[0]}?" if near else f"use one of: {', '.join(known)}"
        raise UsageError("E102", "voicectl logs", f"no service {service!r} writes a log", fix=fix)
    return service


def files_of(folder: Path, service: str) -> list[Path]:
    """A service's files, oldest first: Supervisor moves `x.log` to `x.log.1`, and that to `x.log.2`."""
    rotated = [path for path in folder.glob(f"{service}.log.*") if path.suffix[1:].isdecimal()]
    rotated.sort(key=lambda path: int(path.suffix[1:]), reverse=True)
    return [*rotated, folder / f"{service}.log"]
