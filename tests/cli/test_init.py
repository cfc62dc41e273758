"""`voicectl init`: a first file to edit, and never over one that is there."""

import json
import resource
from pathlib import Path

import pytest

from voicectl.__main__ import main
from voicectl.config.load import load_config
from voicectl.paths import REFERENCE_CONFIG

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_written_file_is_the_reference(tmp_path: Path, capsys: Capture) -> None:
    """The file is found by every other command, and changes nothing yet."""
    assert main(["init"]) == 0

    assert (tmp_path / "voicectl.toml").read_text(encoding="utf-8") == REFERENCE_CONFIG.read_text(encoding="utf-8")
    assert load_config(None, {}) == load_config(REFERENCE_CONFIG, {})
    assert capsys.readouterr().out == "Wrote voicectl.toml: edit it, then run `voicectl doctor`.\n"


def test_result_is_a_document(tmp_path: Path, capsys: Capture) -> None:
    """A folder may be named, too; the document says where the file is."""
    assert main(["init", str(tmp_path), "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == {
        "schema": "voicectl.init/1",
        "ok": True,
        "path": str(tmp_path / "voicectl.toml"),
    }


def test_existing_file_stays(tmp_path: Path, capsys: Capture) -> None:
    """An operator's work is not overwritten, and neither is what a dangling link points to."""
    (tmp_path / "voicectl.toml").write_text("mine", encoding="utf-8")
    (tmp_path / "link.toml").symlink_to(tmp_path / "target.toml")

    assert main(["init"]) == 2
    assert main(["init", "link.toml"]) == 2

    assert capsys.readouterr().err.startswith("E112 voicectl.toml: there is a file already, and it stays as it is")
    assert (tmp_path / "voicectl.toml").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "target.toml").exists()


def test_missing_folder_is_told(capsys: Capture) -> None:
    """Nothing is made but the file."""
    assert main(["init", "no/such/voicectl.toml"]) == 3

    assert capsys.readouterr().err.startswith("E401 no/such/voicectl.toml: cannot be written (No such file")


def test_a_folder_that_is_not_there_becomes_no_file(tmp_path: Path, capsys: Capture) -> None:
    """Of /etc/voicectl a folder is meant, and a file of that name would be found by no command."""
    assert main(["init", "my etc/voicectl"]) == 2
    assert main(["init", "voicectl"]) == 2

    assert capsys.readouterr().err == (
        "E102 my etc/voicectl: no such folder. Fix: mkdir 'my etc/voicectl', or name a file that ends in .toml\n"
        "E102 voicectl: no such folder. Fix: mkdir voicectl, or name a file that ends in .toml\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_no_disk_takes_is_told(capsys: Capture) -> None:
    """One line, as for every other file."""
    assert main(["init", "x" * 300]) == 3

    assert "cannot be written (File name too long)" in capsys.readouterr().err


def test_a_full_disk_leaves_nothing(tmp_path: Path, capsys: Capture) -> None:
    """Half a file would be in the way of the next try."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        assert main(["init"]) == 3
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert capsys.readouterr().err.startswith("E401 voicectl.toml: cannot be written (File too large)")
    assert list(tmp_path.iterdir()) == []
