"""What a restart waits for, with an Asterisk and a Supervisor that take notes."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from voicectl.paths import PLAYBOOKS

DRAIN = PLAYBOOKS / "roles/services/files/drain.sh"
# Asterisk says so many channels as the file holds, and one less each time; told to stop, it is gone when told.
ASTERISK = """\
#!/bin/bash
echo "asterisk $2" >>{notes}
case $2 in
"core stop gracefully") [[ -e {folder}/stays ]] || kill {pid} ;;
*) channels=$(<{folder}/channels) && echo "$channels active channels"; echo "$channels of 4 max active calls"
   seq 10000; [[ -e {folder}/stays ]] || echo $((channels - 1)) >{folder}/channels ;;
esac
"""


class House:
    """An agent's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.notes = folder, folder / "notes"
        self.asterisk = subprocess.Popen(["sleep", "60"])
        for name in ("bin", "run", "etc"):
            (folder / name).mkdir()
        (folder / "run/asterisk.pid").write_text(f"{self.asterisk.pid}\n", encoding="ascii")
        self.script("bin/asterisk", ASTERISK.format(notes=self.notes, folder=folder, pid=self.asterisk.pid))
        self.script("control", f'#!/bin/bash\necho "supervisor ${{*:3}}" >>{self.notes}\n')

    def script(self, name: str, text: str) -> None:
        """A program."""
        (self.folder / name).write_text(text, encoding="utf-8")
        (self.folder / name).chmod(0o755)

    def drain(self, *services: str, deadline_s: int = 20) -> list[str]:
        """What was done."""
        # Somebody has to take note of the death of the process that stands for Asterisk.
        argv = ["bash", str(DRAIN), str(self.folder), str(self.folder / "control"), str(deadline_s), *services]
        with subprocess.Popen(argv) as draining:
            while draining.poll() is None:
                self.asterisk.poll()
        assert draining.returncode == 0
        return self.notes.read_text(encoding="utf-8").splitlines() if self.notes.exists() else []


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.asterisk.kill()
    house.asterisk.wait()


def test_an_orchestrator_alone_waits_for_nothing(house: House) -> None:
    """It keeps its calls by itself."""
    assert house.drain("orchestrator") == ["supervisor signal USR1 orchestrator"]


def test_engines_wait_until_no_call_is_live(house: House) -> None:
    """New calls come in meanwhile."""
    (house.folder / "channels").write_text("2", encoding="ascii")

    done = house.drain("tts-service", "orchestrator")

    assert done == [*["asterisk core show channels count"] * 3, "supervisor signal USR1 orchestrator"]


def test_engines_do_not_wait_for_ever(house: House) -> None:
    """After the deadline callers hear apologies for the seconds that the restart takes."""
    (house.folder / "channels").write_text("2", encoding="ascii")
    (house.folder / "stays").touch()

    assert set(house.drain("stt-service", deadline_s=1)) == {"asterisk core show channels count"}


def test_asterisk_lets_its_calls_end(house: House) -> None:
    """It takes no new ones, and is gone when the last one is over."""
    assert house.drain("asterisk-pbx") == ["asterisk core stop gracefully"]


def test_callers_who_stay_hear_a_goodbye(house: House) -> None:
    """Only then is what follows an update: a stop that was announced as one would keep the calls."""
    (house.folder / "stays").touch()

    done = house.drain("asterisk-pbx", "orchestrator", deadline_s=1)

    assert done == [
        "asterisk core stop gracefully",
        "supervisor stop orchestrator",
        "supervisor signal USR1 orchestrator",
    ]


def test_nothing_runs(house: House) -> None:
    """There is nothing to wait for."""
    house.asterisk.kill()
    house.asterisk.wait()
    (house.folder / "channels").write_text("2", encoding="ascii")

    assert house.drain("tts-service") == []
    (house.folder / "run/asterisk.pid").unlink()
    assert house.drain("asterisk-pbx", "orchestrator") == []
