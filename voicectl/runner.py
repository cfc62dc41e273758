"""Runs a playbook and says what changed or which task failed; leaves no process and no file behind, however it ends."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from voicectl.paths import PLAYBOOKS
from voicectl.phases.host_name import Host
from voicectl.phases.interrupt import Interrupts
from voicectl.phases.playbook_events import Events
from voicectl.phases.processes import kill_descendants
from voicectl.phases.reporter import Reporter, heartbeat

_POLL_S: Final = 0.2
_LAST_TASK_S: Final = 10.0
"""How long the task that runs when the operator presses Ctrl-C may take to end."""
_PYTHON: Final = "/usr/bin/python3"
# No question that nobody answers, no master connection that stays behind, and no waiting for a machine that is off.
_SSH: Final = "-o BatchMode=yes -o ControlMaster=no -o ControlPath=none -o ConnectTimeout=10 -o ServerAliveInterval=5"


class Player(Protocol):
    """Something that can carry a playbook out, or pretend to."""

    def play(self, playbook: str, variables: Mapping[str, object], work: Path) -> tuple[str, ...]:
        """Carry it out and name what changed.

        Args:
            playbook: file in `playbooks/`.
            variables: extra variables; never a password, for they pass through files.
            work: an empty folder, readable by root alone, that is deleted afterwards.

        Raises:
            ProvisionError: a task failed, or nothing happened for too long.
        """


class Reader(Protocol):
    """Something that can ask a machine by a playbook."""

    def read(self, playbook: str, variables: Mapping[str, object], work: Path) -> str:
        """Carry it out and give what its last program printed; arguments and errors are those of `Player`."""


@dataclass(frozen=True)
class Deadlines:
    """A playbook that hangs must not hang the console."""

    whole_s: float = 7200.0
    silent_s: float = 1800.0
    """The longest single tasks: a root file system over a slow line, a compilation."""


@dataclass
class AnsiblePlayer:
    """Ansible, on this machine or, over SSH, on another one."""

    interrupts: Interrupts
    reporter: Reporter
    deadlines: Deadlines = field(default_factory=Deadlines)
    now: Callable[[], float] = time.monotonic
    host: Host | None = None
    """None: this machine."""

    def play(self, playbook: str, variables: Mapping[str, object], work: Path) -> tuple[str, ...]:
        """See `Player`."""
        return tuple(self._run(playbook, variables, work).changed)

    def read(self, playbook: str, variables: Mapping[str, object], work: Path) -> str:
        """See `Reader`."""
        return self._run(playbook, variables, work).output

    def _run(self, playbook: str, variables: Mapping[str, object], work: Path) -> Events:
        with heartbeat(self.reporter, "Ansible to start") as awaited:
            events = Events(self.now, awaited, self.reporter)
            watch = _Watch(self, events, self.now())
            with self.interrupts.deferred():
                runner = _prepare(playbook, variables, work, events, watch)
                try:
                    runner.run()
                finally:
                    # Its workers have sessions of their own, so that a signal to its group does not reach them.
                    kill_descendants(os.getpid(), "ansible")
        if watch.gave_up:
            raise events.failure(playbook, watch.gave_up)
        if runner.rc != 0:
            raise events.failure(playbook, f"exit code {runner.rc}")
        return events


@dataclass
class _Watch:
    """Decides five times a second whether the playbook may go on."""

    player: AnsiblePlayer
    events: Events
    started_s: float
    asked_to_stop_s: float | None = None
    gave_up: str = ""

    def must_stop(self) -> bool:
        """ansible-runner's `cancel_callback`; when it says yes, every process of the playbook is already dead."""
        now_s, limits = self.player.now(), self.player.deadlines
        if self.player.interrupts.received:
            return self._is_over(now_s) and _kill()
        if now_s - self.started_s > limits.whole_s:
            self.gave_up = f"not finished after {limits.whole_s:.0f} s"
        elif now_s - self.events.last_s > limits.silent_s:
            self.gave_up = f"nothing happened for {limits.silent_s:.0f} s"
        return bool(self.gave_up) and _kill()

    def _is_over(self, now_s: float) -> bool:
        if self.asked_to_stop_s is None:
            self.asked_to_stop_s = now_s
            self.player.reporter.say(f"Stopping: letting the task end that runs ({self.events.task}); again to kill it")
        impatient = len(self.player.interrupts.received) > 1
        ended = self.events.task_ended_s > self.asked_to_stop_s
        return impatient or ended or now_s - self.asked_to_stop_s > _LAST_TASK_S


def _kill() -> bool:
    kill_descendants(os.getpid(), "ansible")
    return True


def inventory(host: Host | None) -> dict[str, Any]:
    """The one machine that every playbook is about."""
    if host is None:
        return _inventory({"ansible_connection": "local", "ansible_python_interpreter": _PYTHON})
    user = {"ansible_user": host.user} if host.user else {}
    # Ansible leaves the folder that it works in behind; /tmp is there already.
    return _inventory({"ansible_connection": "ssh", "ansible_host": host.name, "ansible_remote_tmp": "/tmp", **user})  # noqa: S108


def _inventory(variables: Mapping[str, str]) -> dict[str, Any]:
    return {"all": {"hosts": {"agent": dict(variables)}}}


def _prepare(playbook: str, variables: Mapping[str, object], work: Path, events: Events, watch: _Watch) -> Any:
    import ansible_runner  # noqa: PLC0415 - it costs 200 ms, which no other command should pay

    own = work / "runner"
    own.mkdir(mode=0o700)
    runner = ansible_runner.interface.init_runner(
        private_data_dir=str(own),
        project_dir=str(PLAYBOOKS),
        playbook=playbook,
        inventory=inventory(watch.player.host),
        extravars=dict(variables),
        settings={"pexpect_timeout": _POLL_S, "suppress_output_file": True},
        event_handler=events.take,
        cancel_callback=watch.must_stop,
        quiet=True,
    )
    runner.config.env = environment(os.environ, runner.config.env, work)
    return runner


def environment(own: Mapping[str, str], proposed: Mapping[str, str], work: Path) -> dict[str, str]:
    """The operator's environment, for proxies and certificates, without any Ansible settings of theirs."""
    programs = str(Path(sys.executable).parent)  # ansible-playbook stands beside our Python, whatever PATH says
    empty = work / "ansible.cfg"
    empty.touch()
    inherited = {name: value for name, value in proposed.items() if not (name in own and name.startswith("ANSIBLE_"))}
    return {
        **inherited,
        "PATH": os.pathsep.join((programs, own.get("PATH", os.defpath))),
        "LC_ALL": "C.UTF-8",  # Ansible refuses any encoding but UTF-8
        "ANSIBLE_CONFIG": str(empty),
        "ANSIBLE_HOME": str(work / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(work / "ansible" / "local"),
        "ANSIBLE_REMOTE_TEMP": str(work / "ansible" / "remote"),
        "ANSIBLE_CALLBACK_PLUGINS": _callbacks(),
        "ANSIBLE_STDOUT_CALLBACK": "awx_display",
        "ORIGINAL_STDOUT_CALLBACK": "default",  # what the one above is built upon
        "ANSIBLE_CACHE_PLUGIN": "memory",
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "ANSIBLE_PIPELINING": "True",
        "ANSIBLE_SSH_ARGS": _SSH,
        "ANSIBLE_HOST_KEY_CHECKING": "True",  # ansible-runner turns it off, and then anybody could answer
        "ANSIBLE_NOCOLOR": "True",
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        "ANSIBLE_LOCALHOST_WARNING": "False",
    }


def _callbacks() -> str:
    from ansible_runner.config._base import get_callback_dir  # noqa: PLC0415 - as above

    return str(get_callback_dir())
