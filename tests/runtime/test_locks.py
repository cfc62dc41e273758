"""The services' environments are made from the very versions that the project was tested with."""

import subprocess
import tomllib
from pathlib import Path

import pytest
import uv

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "runtime" / "pyproject.toml").read_text())["project"]["optional-dependencies"]


@pytest.mark.parametrize("extra", EXTRAS)
def test_every_extra_has_the_lock_that_uv_lock_says(extra: str, tmp_path: Path) -> None:
    """`make lock` was run after the last change of a dependency."""
    made = tmp_path / "lock.txt"
    command = ["export", "--quiet", "--frozen", "--offline", "--no-emit-project", "--no-header"]
    subprocess.run(
        [uv.find_uv_bin(), *command, "--package", "voicectl-runtime", "--extra", extra, "--output-file", str(made)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    kept = (ROOT / "runtime" / "locks" / f"{extra}.txt").read_text().splitlines()
    assert [line for line in kept if not line.startswith("#")] == made.read_text().splitlines()


@pytest.mark.parametrize("path", sorted((ROOT / "runtime" / "locks").glob("*.txt")), ids=lambda path: path.stem)
def test_a_lock_pins_by_hash_and_names_no_registry(path: Path) -> None:
    """What is installed cannot differ from what was tested, wherever it comes from."""
    text = path.read_text()
    packages = [line for line in text.splitlines() if "==" in line]
    assert packages
    assert all(line.endswith("\\") for line in packages)
    assert "://" not in text


def test_piper_lives_apart() -> None:
    """Its licence (GPL) reaches the text-to-speech environment and no other."""
    with_piper = [path.stem for path in (ROOT / "runtime" / "locks").glob("*.txt") if "piper-tts==" in path.read_text()]
    assert with_piper == ["tts"]
