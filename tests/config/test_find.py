"""Which file is in use, and what makes a file unreadable."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from voicectl.config import find
from voicectl.config.find import LARGEST_BYTES, find_config, read_config
from voicectl.config.load import load_config
from voicectl.errors import ConfigError, UsageError, VoicectlError

Write = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    """A machine without any configuration can be deployed to."""
    assert find_config(None, {"HOME": str(tmp_path)}) is None
    assert load_config(None, {"HOME": str(tmp_path)}).agent.name == "Alex"


def test_places_are_searched_in_order(write: Write, tmp_path: Path) -> None:
    """--config, VOICECTL_CONFIG, the folder, the user's own; the first one wins."""
    home = write(".config/voicectl/voicectl.toml", "")
    env = {"HOME": str(tmp_path)}
    assert find_config(None, env) == home

    xdg = write("xdg/voicectl/voicectl.toml", "")
    env["XDG_CONFIG_HOME"] = str(tmp_path / "xdg")
    assert find_config(None, env) == xdg

    write("voicectl.toml", "")
    assert find_config(None, env) == Path("voicectl.toml")

    env["VOICECTL_CONFIG"] = str(write("env.toml", ""))
    assert find_config(None, env) == tmp_path / "env.toml"
    assert find_config(write("option.toml", ""), env) == tmp_path / "option.toml"


def test_the_machine_is_the_last_place() -> None:
    """The system's file is found without a home folder, too."""
    assert find.usual_places({}) == (Path("voicectl.toml"), Path("/etc/voicectl/voicectl.toml"))


@pytest.mark.parametrize("missing", ["no.toml", "no/such/folder.toml", "file/below"])
def test_named_file_must_be_there(missing: str, write: Write) -> None:
    """2: a file that was named is not replaced by another one, and the error says who named it."""
    write("file", "")

    with pytest.raises(UsageError, match=rf"^E102 {missing}: no such file, searched as --config names it. Fix: .*init"):
        load_config(Path(missing), {})
    with pytest.raises(UsageError, match=rf"^E102 {missing}: no such file, searched as VOICECTL_CONFIG names it"):
        load_config(None, {"VOICECTL_CONFIG": missing})


def test_folder_is_refused(tmp_path: Path) -> None:
    """3: a folder is no configuration."""
    with pytest.raises(ConfigError, match=r"^E103 .*: not a regular file"):
        load_config(tmp_path, {})


def test_pipe_is_not_waited_on(tmp_path: Path) -> None:
    """3: a FIFO is refused at once, without opening it."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ConfigError, match=r"^E103 .*: not a regular file"):
        load_config(tmp_path / "pipe", {})


def test_giant_file_is_not_read(tmp_path: Path) -> None:
    """3: a file of 2 GB costs no memory."""
    with (tmp_path / "big.toml").open("wb") as file:
        file.truncate(2 * 1024**3)

    with pytest.raises(ConfigError, match=r"^E103 .*: larger than 1048576 bytes"):
        load_config(tmp_path / "big.toml", {})


def test_largest_file_is_read(write: Write) -> None:
    """The limit itself is allowed."""
    path = write("full.toml", "#" * LARGEST_BYTES)

    assert load_config(path, {}) == load_config(None, {"VOICECTL_CONFIG": str(path)})


def test_unreadable_file_names_its_owner(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """4: the error says whose file it is and which mode it has (root may read everything, so the refusal is made)."""
    path = write("secret.toml", "")
    path.chmod(0)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigError, match=rf"^E104 .*\(Permission denied, owner {os.getuid()}, mode 0000\)"):
        load_config(path, {})


def test_closed_folder_is_an_error_not_an_absence(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """4: a file that may be there but cannot be seen is not silently replaced by the defaults."""

    def refuse(_: Path) -> os.stat_result:
        raise PermissionError(13, "Permission denied")

    path = write("a.toml", "")
    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(VoicectlError, match=r"^E104 .*\(Permission denied\)"):
        load_config(path, {})


def test_text_must_be_utf8(tmp_path: Path) -> None:
    """11: bytes that are no text are named, with their line."""
    (tmp_path / "latin.toml").write_bytes(b'[agent]\nname = "Andr\xe9"')

    with pytest.raises(ConfigError, match=r"^E201 .*latin.toml:2: not UTF-8 \(byte 0xe9\)"):
        load_config(tmp_path / "latin.toml", {})


def test_windows_text_is_read(tmp_path: Path) -> None:
    """A byte order mark and CR LF, as Notepad writes them, change nothing, nor do they shift a line number."""
    (tmp_path / "dos.toml").write_bytes(b'\xef\xbb\xbf[agent]\r\nname = "Eve"\r\n')
    assert read_config(tmp_path / "dos.toml") == '[agent]\nname = "Eve"\n'

    (tmp_path / "dos.toml").write_bytes(b"[agent]\r\nname = 1\r\n")
    with pytest.raises(ConfigError, match=r"dos.toml:2 agent.name"):
        load_config(tmp_path / "dos.toml", {})


def test_relative_script_starts_at_the_file(write: Write, tmp_path: Path) -> None:
    """A script is found from wherever voicectl is started."""
    path = write("there/voicectl.toml", 'agent.script = "clinic.toml"')
    assert load_config(path, {}).agent.script == tmp_path / "there/clinic.toml"

    write("voicectl.toml", 'agent.script = "clinic.toml"')
    assert load_config(None, {}).agent.script == tmp_path / "clinic.toml"

    path = write("there/voicectl.toml", 'agent.script = "/srv/clinic.toml"')
    assert load_config(path, {}).agent.script == Path("/srv/clinic.toml")


def test_error_stays_on_one_line(tmp_path: Path) -> None:
    """A file whose name holds a newline cannot forge a second error line."""
    path = tmp_path / "a\nE999 b"
    path.write_text("x = 1", encoding="utf-8")
    path.chmod(stat.S_IRUSR)

    with pytest.raises(ConfigError) as caught:
        load_config(path, {})

    assert str(caught.value).splitlines() == [str(caught.value)]
