"""What several commands share: the configuration in use, said aloud where it is the defaults."""

from pathlib import Path

import pytest

from voicectl.cli.options import open_config
from voicectl.console import Screen


def test_defaults_are_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody deploys the dental clinic by mistake; a file of one's own is used silently."""
    monkeypatch.chdir(tmp_path)
    assert open_config(None, Screen()).agent.business == "Riverside Dental"
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith("No voicectl.toml found: the defaults are in use.")

    (tmp_path / "voicectl.toml").write_text('agent.business = "Acme"', encoding="utf-8")
    assert open_config(None, Screen()).agent.business == "Acme"
    assert capsys.readouterr().err == ""
