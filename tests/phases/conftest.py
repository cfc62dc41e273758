"""What the tests of the phases share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.phases.fakes import World
from voicectl.phases import change, put_back
from voicectl.render.rendered import Rendered


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A bare machine, and an operator who says nothing; files need not belong to users that do not exist here."""

    def stands_as(path: Path, rendered: Rendered) -> bool:
        return path.exists() and path.stat().st_mode & 0o777 == rendered.mode

    monkeypatch.setattr(change, "stands_as", stands_as)
    monkeypatch.setattr(put_back, "stands_as", stands_as)
    before = os.umask(0o077)  # an operator's; what services must read is made readable all the same
    world = World(tmp_path)
    world.fetch_all()
    yield world
    os.umask(before)
