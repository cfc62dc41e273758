"""What is stopped, and what is never touched."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from voicectl.phases.stop import is_deployed, stop_services
from voicectl.render.places import Places


class Player:
    """Remembers what it was told to play."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.played: list[tuple[str, Mapping[str, object]]] = []

    def play(self, playbook: str, variables: Mapping[str, object], work: Path) -> tuple[str, ...]:
        """Take a note; the folder must be root's alone."""
        assert work.stat().st_mode & 0o777 == 0o700
        self.played.append((playbook, variables))
        return ("stopped",)


@pytest.mark.parametrize(("remove", "playbook"), [(False, "stop.yml"), (True, "remove.yml")])
def test_removal_is_a_playbook_of_its_own(tmp_path: Path, *, remove: bool, playbook: str) -> None:
    """Stopping never runs the playbook that deletes."""
    player = Player()

    assert stop_services(Places(tmp_path / "agent", tmp_path / "store"), player, remove=remove) == ("stopped",)
    assert player.played[0][0] == playbook


def test_other_folders_are_not_touched(tmp_path: Path) -> None:
    """A prefix that holds no agent is recognised before anything runs; one where a deployment only began counts."""
    assert not is_deployed(Places(tmp_path, tmp_path))

    (tmp_path / "deploy").mkdir()
    assert is_deployed(Places(tmp_path, tmp_path))
