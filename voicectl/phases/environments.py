"""The services' Python environments: what each should be made of, and which are not made of it yet."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from voicectl.paths import RUNTIME

_NAMES: Final = ("supervisor", "orchestrator", "stt", "tts")
_PYTHON: Final = Path("/usr/bin/python3")
_WITHOUT_RUNTIME: Final = "none"


@dataclass(frozen=True)
class Environment:
    """One environment, as the playbook is told to make it."""

    name: str
    lock: str
    lock_digest: str
    """Of the lock file and of the interpreter's version: with another Python the environment is of no use."""
    runtime_digest: str

    def is_made(self, folder: Path) -> bool:
        """Whether it stands, made of exactly this."""
        try:
            made_of = (folder / self.name / ".made-of").read_text(encoding="ascii").split()
        except OSError:
            return False
        return made_of == [self.lock_digest, self.runtime_digest]

    def to_dict(self) -> dict[str, str]:
        """For the playbook."""
        return asdict(self)


def environments(runtime: Path = RUNTIME, python: Path = _PYTHON) -> tuple[Environment, ...]:
    """Every environment that an agent needs."""
    version = python.resolve().name
    code = _digest(path for path in (runtime / "voicectl_runtime").rglob("*") if _is_code(path))

    def one(name: str) -> Environment:
        lock = runtime / "locks" / f"{name}.txt"
        made_of = sha256(f"{version} {lock.read_text(encoding='utf-8')}".encode()).hexdigest()
        return Environment(name, str(lock), made_of, _WITHOUT_RUNTIME if name == "supervisor" else code)

    return tuple(one(name) for name in _NAMES)


def _is_code(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def _digest(files: Iterable[Path]) -> str:
    whole = sha256()
    for file in sorted(files):
        whole.update(f"{file.name} {sha256(file.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
