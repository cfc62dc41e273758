"""How Ollama's own release arrives, with a `curl` that reads from a folder."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from voicectl.paths import PLAYBOOKS

SCRIPT = PLAYBOOKS / "roles" / "ollama" / "files" / "fetch-release.sh"
# Serves $MIRROR/<last part of the address>; continues a file that was begun, as `--continue-at -` does.
CURL = """#!/bin/bash
while (($#)); do case $1 in --output) out=$2; shift;; https:*) url=$1;; esac; shift; done
file=$MIRROR/${url##*/}
[[ -f $file ]] || exit 6
echo "${url##*/}" >>"$MIRROR/asked"
[[ -v out ]] || { cat "$file"; exit; }
have=$(stat -c %s "$out" 2>/dev/null || echo 0)
tail -c +$((have + 1)) "$file" >>"$out"
"""


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A release of Ollama with its sums, and the fake `curl` that reaches it."""
    folder = tmp_path / "mirror"
    for name in ("bin/ollama", "lib/ollama/libggml-cpu.so"):
        (folder / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "tree" / name).write_text(name)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "curl").write_text(CURL)
    (tmp_path / "bin" / "curl").chmod(0o755)
    return folder


def publish(mirror: Path) -> Path:
    """Pack the archive and write its sum."""
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    archive = mirror / f"ollama-linux-{architecture.stdout.strip()}.tar.zst"
    subprocess.run(["tar", "--create", "--zstd", "--file", archive, "-C", mirror / "tree", "."], check=True)
    (mirror / "sha256sum.txt").write_text(
        f"{'0' * 64}  ./ollama-darwin.tgz\n{hashlib.sha256(archive.read_bytes()).hexdigest()}  ./{archive.name}\n"
    )
    return archive


def fetch(mirror: Path) -> CompletedProcess[str]:
    env = {**os.environ, "PATH": f"{mirror.parent}/bin:{os.environ['PATH']}", "MIRROR": str(mirror)}
    argv = ["bash", str(SCRIPT), f"{mirror.parent}/store/ollama", "1.2.3"]
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)


def test_unreachable_release_is_its_own_answer(mirror: Path) -> None:
    """Exit 3 lets the role build it instead; nothing is left behind."""
    assert fetch(mirror).returncode == 3
    assert list((mirror.parent / "store").iterdir()) == []


needs_zstd = pytest.mark.skipif(shutil.which("zstd") is None, reason="the role installs zstd before it runs this")


@needs_zstd
def test_release_is_unpacked_to_its_place(mirror: Path) -> None:
    """The program, its libraries and the version that the next run compares."""
    publish(mirror)

    assert fetch(mirror).returncode == 0

    place = mirror.parent / "store" / "ollama"
    assert (place / "bin" / "ollama").read_text() == "bin/ollama"
    assert (place / "lib" / "ollama" / "libggml-cpu.so").exists()
    assert (place / "version").read_text() == "1.2.3\n"
    assert [path.name for path in place.parent.iterdir()] == ["ollama"]


@needs_zstd
def test_begun_archive_is_continued(mirror: Path) -> None:
    """What an interrupted run left is not loaded twice."""
    archive = publish(mirror)
    (mirror.parent / "store").mkdir()
    (mirror.parent / "store" / "ollama-1.2.3.part").write_bytes(archive.read_bytes()[:100])

    assert fetch(mirror).returncode == 0
    assert (mirror.parent / "store" / "ollama" / "bin" / "ollama").exists()


@needs_zstd
def test_archive_that_is_not_the_release_is_refused(mirror: Path) -> None:
    """A changed digest is never unpacked, nor kept for the next run to trip over; the old program stays."""
    publish(mirror).write_bytes(b"something else")
    place = mirror.parent / "store" / "ollama"
    place.mkdir(parents=True)
    (place / "version").write_text("1.2.2\n")

    done = fetch(mirror)

    assert done.returncode == 1
    assert "not what its release says" in done.stderr
    assert [path.name for path in place.parent.iterdir()] == ["ollama"]
    assert (place / "version").read_text() == "1.2.2\n"


def test_release_that_does_not_name_its_archive_is_refused(mirror: Path) -> None:
    """Without a sum there is nothing to hold the archive against."""
    (mirror / "sha256sum.txt").write_text("<html>log in first</html>")

    done = fetch(mirror)

    assert done.returncode == 1
    assert "does not name" in done.stderr
