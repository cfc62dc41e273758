"""Facts of another machine: over the connection that deploys, with Python alone on the other side."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.machines.machine import machine
from tests.phases.fakes import Notes
from voicectl.errors import MachineError, ProvisionError, UsageError
from voicectl.hardware.facts import Unknown, facts_from_dict
from voicectl.hardware.facts_file import parse_document
from voicectl.phases.gather_elsewhere import gather_elsewhere, pack
from voicectl.phases.host_name import Host, parse_host
from voicectl.phases.interrupt import Interrupts
from voicectl.runner import AnsiblePlayer, environment, inventory

CONFIG = 'deploy.prefix = "/nowhere/agent"\nsip.port = 25060\n'


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("pbx", Host("pbx", None)),
        ("pbx.example.com", Host("pbx.example.com", None)),
        ("root@192.0.2.10", Host("192.0.2.10", "root")),
        ("2001:db8::5", Host("2001:db8::5", None)),
        ("my_alias-2", Host("my_alias-2", None)),
    ],
)
def test_machines_are_named_as_ssh_names_them(text: str, host: Host) -> None:
    """A name, an alias of ~/.ssh/config, an address; perhaps a user."""
    assert parse_host(text) == host
    assert str(parse_host(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "a b;rm -rf",
        "-oProxyCommand=x",
        "",
        "@pbx",
        "a@b@c",
        "pbx:22",
        "$(id)",
        "{{ 1 }}",
        "pbx\n",
        "é.com",
        "a..b",
        "fe80::1%x",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """E105, before anything is executed."""
    with pytest.raises(UsageError, match="E105 --host: not the name of a machine") as refused:
        parse_host(text)

    assert refused.value.exit_code == 2


@given(text=st.text(max_size=40))
def test_no_name_can_be_an_option_or_a_template(text: str) -> None:
    """Whatever is let through holds nothing that SSH, a shell or Jinja could read otherwise."""
    try:
        host = parse_host(text)
    except UsageError:
        return
    assert not host.name.startswith("-")
    assert not set(str(host)) & set(" ;$`'\"{}%|&<>\n\\")


def test_the_program_needs_nothing_but_python(tmp_path: Path) -> None:
    """Run by a bare interpreter, isolated from every package; the operator's configuration decides what is asked."""
    program = tmp_path / "gatherer.pyz"
    pack(program, CONFIG)

    done = subprocess.run(
        ["/usr/bin/python3", "-I", "-S", program],
        capture_output=True,
        text=True,
        check=True,
        env={"TMPDIR": str(tmp_path)},
    )

    facts = facts_from_dict(parse_document(done.stdout))
    assert not isinstance(facts.disks, Unknown)
    assert facts.disks.prefix.path == "/nowhere/agent"
    assert not isinstance(facts.gpus, Unknown)  # NVML's module travels along
    assert [path.name for path in tmp_path.iterdir()] == ["gatherer.pyz"]


def test_ansible_carries_the_question_and_the_answer() -> None:
    """The real playbook, on the one machine that is here; `doctor` then reads what came back."""
    notes = Notes()
    with Interrupts("voicectl doctor") as interrupts:
        facts = gather_elsewhere("here", CONFIG, AnsiblePlayer(interrupts, notes))

    assert not isinstance(facts.cpu, Unknown)
    assert facts.cpu.cores >= 1
    assert notes.lines == []


def test_another_machine_is_reached_over_ssh() -> None:
    """With the name that was checked and nothing else; keys and ports stand in the operator's own settings."""
    hosts = inventory(parse_host("root@pbx"))["all"]["hosts"]

    assert hosts["agent"]["ansible_connection"] == "ssh"
    assert (hosts["agent"]["ansible_host"], hosts["agent"]["ansible_user"]) == ("pbx", "root")


def test_a_machine_must_prove_that_it_is_the_one(tmp_path: Path) -> None:
    """The host's key is checked, and no question is asked that nobody answers."""
    env = environment({}, {"ANSIBLE_HOST_KEY_CHECKING": "False"}, tmp_path)

    assert env["ANSIBLE_HOST_KEY_CHECKING"] == "True"
    assert "BatchMode=yes" in env["ANSIBLE_SSH_ARGS"]


class Answers:
    """A machine that prints, or fails."""

    def __init__(self, printed: str | ProvisionError) -> None:
        """Take what it does."""
        self._printed = printed

    def read(self, playbook: str, variables: Mapping[str, object], work: Path) -> str:
        """Print it."""
        assert playbook == "gather.yml"
        assert Path(str(variables["voicectl_gatherer"])).parent == work
        if isinstance(self._printed, ProvisionError):
            raise self._printed
        return self._printed


def test_what_ssh_says_besides_is_passed_over() -> None:
    """A banner before, a complaint after: the facts are one line."""
    text = machine_line()

    assert gather_elsewhere("pbx", "", Answers(f"Welcome!\r\n{text}\r\nwarning: x\r\n")) == machine("bare_vm")


def machine_line() -> str:
    import json  # noqa: PLC0415 - only here

    return json.dumps(machine("bare_vm").to_dict())


@pytest.mark.parametrize(
    ("printed", "problem"),
    [
        ("", "did not answer with facts"),
        ("bash: python3: not found", "did not answer with facts"),
        ('{"schema": "voicectl.facts/1", "cpu": {', "cannot be read"),
        ('{"schema": "voicectl.facts/9"}', "not a voicectl.facts/1 document"),
        (ProvisionError("E501", "x", "Permission denied (publickey)", fix="y"), "Permission denied"),
    ],
)
def test_a_machine_that_does_not_answer_is_one_line(printed: str | ProvisionError, problem: str) -> None:
    """With the command that shows why."""
    with pytest.raises(MachineError, match=r"E403 pbx: .*Fix: see that `ssh pbx python3 --version`") as refused:
        gather_elsewhere("pbx", "", Answers(printed))

    assert problem in refused.value.problem
