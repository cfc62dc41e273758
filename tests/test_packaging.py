"""The wheel that users install: whole, and nothing besides."""

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Where each folder of the checkout lies in the wheel.
CARRIED = {"templates": "voicectl/_bundle/templates", "playbooks": "voicectl/_bundle/playbooks"} | {
    "runtime": "voicectl/_bundle/runtime",
    "voicectl": "voicectl",
}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution that `uv build` makes."""
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(["uv", "build", "--quiet", "--wheel", "--out-dir", str(out), str(ROOT)], check=True)
    return next(out.glob("voicectl-*.whl"))


def tracked() -> set[str]:
    """What git tracks, by the name it has in the wheel."""
    names = subprocess.run(["git", "ls-files", *CARRIED], cwd=ROOT, check=True, capture_output=True, text=True)
    folders = {name: name.partition("/") for name in names.stdout.splitlines()}
    return {f"{CARRIED[top]}/{rest}" for top, _, rest in folders.values()}


def test_wheel_holds_what_git_tracks_and_nothing_else(wheel: Path) -> None:
    """No file is forgotten, and none leaks from a working tree."""
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert held <= tracked()
    assert {name for name in tracked() if not name.endswith(".gitkeep")} == held


def test_installed_wheel_finds_what_it_carries(wheel: Path, tmp_path: Path) -> None:
    """In an empty environment, outside any checkout, the command works and finds its templates."""
    environment = tmp_path / "environment"
    subprocess.run(["uv", "venv", "--quiet", str(environment)], check=True)
    python = environment / "bin" / "python"
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(python), str(wheel)], check=True)
    probe = (
        "from voicectl import paths; print(all(p.exists() for p in (paths.TEMPLATES, paths.PLAYBOOKS, paths.RUNTIME)))"
    )

    found = subprocess.run([python, "-c", probe], cwd=tmp_path, check=True, capture_output=True, text=True)
    shown = subprocess.run(
        [environment / "bin" / "voicectl", "--help"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(tmp_path)},
    )

    assert found.stdout.strip() == "True"
    assert "deploy" in shown.stdout
