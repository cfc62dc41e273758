"""What tells two versions of the carried runtime apart, for one of its services."""

from functools import cache
from hashlib import sha256

from voicectl.paths import RUNTIME


@cache
def runtime_digest(part: str) -> str:
    """The code that a service runs and the packages that it runs with."""
    package = RUNTIME / "voicectl_runtime"
    # The modules beside the services are shared by all of them; another service's folder is no business of this one.
    files = [*package.glob("*.py"), *(package / part).rglob("*.py"), RUNTIME / "locks" / f"{part}.txt"]
    whole = sha256()
    for file in sorted(file for file in files if file.is_file()):
        whole.update(f"{file.relative_to(RUNTIME)} {sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
