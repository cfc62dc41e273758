"""The scripts that the playbooks bring along, on a folder of their own."""

import grp
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from voicectl.paths import PLAYBOOKS

PUT_IN_PLACE = PLAYBOOKS / "roles/files/files/put-in-place.sh"
MAKE_ENVIRONMENT = PLAYBOOKS / "roles/environments/files/make-environment.sh"


def put(tmp_path: Path, mode: str, path: str) -> None:
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    order = f"{mode}:{user}:{group}:{path}"
    subprocess.run(["bash", PUT_IN_PLACE, tmp_path / "staging", tmp_path / "agent", order], check=True)


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    """A staged file, and the folder for it."""
    (tmp_path / "staging/etc").mkdir(parents=True)
    (tmp_path / "staging/etc/a").write_text("new", encoding="utf-8")
    (tmp_path / "agent/etc").mkdir(parents=True)
    return tmp_path / "agent/etc/a"


def test_file_arrives_whole_with_its_mode(staged: Path, tmp_path: Path) -> None:
    """Text and mode are right, and no half of a file is left beside it."""
    put(tmp_path, "0640", "etc/a")

    assert staged.read_text(encoding="utf-8") == "new"
    assert staged.stat().st_mode & 0o777 == 0o640
    assert list(staged.parent.iterdir()) == [staged]


def test_link_is_replaced_not_followed(staged: Path, tmp_path: Path) -> None:
    """Root never writes through somebody's link."""
    other = tmp_path / "other"
    other.write_text("mine", encoding="utf-8")
    staged.symlink_to(other)

    put(tmp_path, "0644", "etc/a")

    assert other.read_text(encoding="utf-8") == "mine"
    assert staged.read_text(encoding="utf-8") == "new"


class Environment:
    """An environment made by a uv that only takes notes."""

    def __init__(self, folder: Path) -> None:
        """Prepare the runtime's code, and a uv that makes an environment without packages."""
        self.folder, self.notes = folder / "venv", folder / "notes"
        self._uv, self.runtime = folder / "uv", folder / "voicectl_runtime"
        self._uv.write_text(
            f'#!/bin/bash\necho "$1" >>{self.notes}\n'
            f'if [[ $1 == venv ]]; then {sys.executable} -m venv --without-pip "${{@: -1}}"; fi\n'
            "[[ $1 != pip || ! -e $0.broken ]]\n",
            encoding="utf-8",
        )
        self._uv.chmod(0o755)
        self.runtime.mkdir()
        self.write_code("1")

    def write_code(self, version: str) -> None:
        """Change our code."""
        (self.runtime / "__init__.py").write_text(f"VERSION = {version}\n", encoding="utf-8")

    def make(self, lock: str, runtime: str, *, broken: bool = False) -> int:
        """Run the script."""
        mark = self._uv.with_name("uv.broken")
        mark.unlink(missing_ok=True)
        if broken:
            mark.touch()
        paths = [MAKE_ENVIRONMENT, self._uv, Path(sys.executable), self.folder]
        argv = ["bash", *map(str, paths), "lock.txt", lock, str(self.runtime), runtime]
        return subprocess.run(argv, check=False, umask=0o077).returncode

    @property
    def version(self) -> str:
        """The code that a service of this environment runs."""
        argv = [str(self.folder / "bin/python"), "-c", "import voicectl_runtime; print(voicectl_runtime.VERSION)"]
        return subprocess.run(argv, check=True, capture_output=True, text=True, cwd="/").stdout.strip()

    @property
    def made_of(self) -> str:
        """The mark."""
        return (self.folder / ".made-of").read_text(encoding="ascii")


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Nothing made yet."""
    return Environment(tmp_path)


def test_environment_is_made_and_marked(environment: Environment) -> None:
    """Packages first, then our code, compiled and readable for every user, and the mark at the very end."""
    assert environment.make("lock-1", "code-1") == 0

    assert environment.version == "1"
    assert environment.made_of == "lock-1 code-1\n"
    code = next(environment.folder.glob("lib/*/site-packages/voicectl_runtime"))
    assert list(code.glob("__pycache__/*.pyc"))
    assert all(path.stat().st_mode & 0o004 for path in (code, *code.rglob("*")))


def test_new_code_alone_needs_no_packages(environment: Environment) -> None:
    """When only our code changed, uv is not even started."""
    environment.make("lock-1", "code-1")
    environment.notes.unlink()
    environment.write_code("2")

    assert environment.make("lock-1", "code-2") == 0
    assert environment.version == "2"
    assert not environment.notes.exists()


def test_failed_packages_leave_the_old_environment(environment: Environment) -> None:
    """When packages cannot be had, the running service keeps what it runs with, and the next run tries again."""
    environment.make("lock-1", "code-1")

    assert environment.make("lock-2", "code-1", broken=True) != 0
    assert environment.version == "1"
    assert environment.made_of == "lock-1 code-1\n"
    assert environment.make("lock-2", "code-1") == 0
    assert environment.made_of == "lock-2 code-1\n"
