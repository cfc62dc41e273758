"""Whole agents, file by file, as a reviewer reads them."""

import re
import shutil

import pytest

from tests.render.agents import CASES, GOLDEN, case, rendered

# Copies of files that stand elsewhere in this repository; reviewing them twice helps nobody.
COPIES = {"etc/script.toml", "bin/eagi-bridge"}


@pytest.mark.parametrize("name", CASES)
def test_rendering_gives_the_golden_files(name: str, update_golden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent's files are exactly those that were reviewed: a change of a template shows up as a change of these."""
    monkeypatch.setattr("voicectl.render.settings.version", lambda _: "1.2.3")
    files = {path: file for path, file in rendered(case(name)).items() if path not in COPIES}
    # The digests change with every line of the runtime; what they are made of has tests of its own.
    texts = {path: re.sub(r'(_DIGEST=")[0-9a-f]{64}', r"\1...", file.text) for path, file in files.items()}
    folder = GOLDEN / name / "expected"

    if update_golden:
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    found = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()
    }

    assert found == texts
