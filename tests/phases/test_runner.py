"""Real Ansible on small playbooks: it ends when it should, and nothing of it is left."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.phases.fakes import Notes
from voicectl import runner
from voicectl.errors import ProvisionError, StoppedError
from voicectl.phases.interrupt import Interrupts
from voicectl.phases.processes import children
from voicectl.runner import AnsiblePlayer, Deadlines, environment

_PLAY = """
- hosts: agent
  gather_facts: false
  tasks:
    - name: Say hello
      ansible.builtin.command: echo {{ greeting }}
    - name: The second task
      %s
"""
SLEEP = "ansible.builtin.command: sleep 97531"

Play = Callable[..., tuple[str, ...]]


def sleepers() -> list[Path]:
    """Processes of the task that would take a day."""

    def is_one(path: Path) -> bool:
        try:
            return b"97531" in path.read_bytes()
        except OSError:
            return False

    return [path for path in Path("/proc").glob("[0-9]*/cmdline") if is_one(path)]


@pytest.fixture
def notes() -> Notes:
    """Takes the lines."""
    return Notes()


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, notes: Notes) -> Iterator[Play]:
    """Run a playbook of two tasks, the second of which is given."""
    monkeypatch.setattr(runner, "PLAYBOOKS", tmp_path)
    monkeypatch.setattr(runner, "_PYTHON", sys.executable)
    monkeypatch.setenv("ANSIBLE_FORCE_COLOR", "1")
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "nonsense")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")  # no ansible-playbook there

    def _play(task: str, deadlines: Deadlines | None = None) -> tuple[str, ...]:
        (tmp_path / "play.yml").write_text(_PLAY % task, encoding="utf-8")
        work = tmp_path / "work"
        work.mkdir()
        with Interrupts("voicectl deploy") as interrupts:
            player = AnsiblePlayer(interrupts, notes, deadlines or Deadlines())
            return player.play("play.yml", {"greeting": "hello"}, work)

    before = signal.getsignal(signal.SIGINT)
    yield _play
    assert signal.getsignal(signal.SIGINT) is before
    assert sleepers() == []
    assert [child for child in children(os.getpid()) if b"ansible" in Path(f"/proc/{child}/cmdline").read_bytes()] == []


def test_changes_are_named(play: Play) -> None:
    """A playbook that ends well gives the names of the tasks that changed something; Ansible is found beside Python."""
    assert play("ansible.builtin.command: 'true'\n      changed_when: false") == ("Say hello",)


def test_failure_is_an_error_with_the_programs_words(play: Play, notes: Notes) -> None:
    """A failed task is named, with what its program said."""
    with pytest.raises(ProvisionError, match=r'E501 play.yml, task "The second task": no such thing'):
        play("ansible.builtin.shell: echo no such thing >&2; exit 3")

    assert "  no such thing" in notes.lines


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_it_with_every_process(play: Play, notes: Notes, number: signal.Signals, code: int) -> None:
    """Asked twice, it kills the task that runs at once: no process, no handler of ours is left."""

    def on_say(message: str) -> None:
        if "changed: Say hello" in message or message.startswith("Stopping"):
            os.kill(os.getpid(), number)

    notes.on_say = on_say
    with pytest.raises(StoppedError) as stopped:
        play(SLEEP)

    assert stopped.value.exit_code == code
    assert any(line.startswith("Stopping: letting the task end") for line in notes.lines)


def test_current_task_may_end(play: Play, notes: Notes, tmp_path: Path) -> None:
    """Asked once, it lets the task end that runs, and does not begin the next one."""
    done, next_one = tmp_path / "done", tmp_path / "next"
    notes.on_say = lambda message: os.kill(os.getpid(), signal.SIGINT) if "changed: Say hello" in message else None

    with pytest.raises(StoppedError):
        play(
            f"ansible.builtin.shell: sleep 1; touch {done}\n"
            f"    - name: Never\n      ansible.builtin.command: sleep 97531\n"
            f"    - name: Nor this\n      ansible.builtin.command: touch {next_one}"
        )

    assert done.exists()
    assert not next_one.exists()


def test_silence_has_an_end(play: Play) -> None:
    """A task that hangs ends the playbook, not the operator's patience."""
    with pytest.raises(ProvisionError, match="nothing happened for 3 s"):
        play(SLEEP, Deadlines(silent_s=3))


def test_environment_is_ours(tmp_path: Path) -> None:
    """Proxies and certificates are passed on; no Ansible setting of the operator's is."""
    own = {"https_proxy": "http://proxy", "SSL_CERT_FILE": "/ca", "ANSIBLE_CONFIG": "/x", "ANSIBLE_ROLES_PATH": "/y"}

    env = environment(own, own, tmp_path)

    assert (env["https_proxy"], env["SSL_CERT_FILE"]) == ("http://proxy", "/ca")
    assert "ANSIBLE_ROLES_PATH" not in env
    assert Path(env["ANSIBLE_CONFIG"]).read_text(encoding="utf-8") == ""
    assert env["PATH"].startswith(f"{Path(sys.executable).parent}:")
