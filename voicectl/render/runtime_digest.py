"""What tells two versions of the carried runtime apart, for one of its services."""

from functools import cache
from hashlib import sha256
from typing import Final

from voicectl.paths import RUNTIME

_PARTS: Final = frozenset({"orchestrator", "stt", "tts", "caller"})


@cache
def runtime_digest(part: str) -> str:
    """The code that a service runs, and the packages that it runs with."""
    package = RUNTIME / "voicectl_runtime"
    # What stands beside the services is shared by all of them; another service's folder is no business of this one.
    others = _PARTS - {part}
    code = [file for file in package.rglob("*.py") if file.relative_to(package).parts[0] not in others]
    whole = sha256()
    for file in sorted([*code, *RUNTIME.glob(f"locks/{part}.txt")]):
        whole.update(f"{file.relative_to(RUNTIME)} {sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
