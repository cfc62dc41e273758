"""A support case can be sent to a stranger, and examined there as it was here."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.machines.machine import NAMES, change, machine
from voicectl.config.load import parse_config
from voicectl.config.sections import Config
from voicectl.doctor.bundle import Case, read_bundle, write_bundle
from voicectl.doctor.examine import CHECKS, examine
from voicectl.doctor.last_lines import last_lines
from voicectl.doctor.redact import Redactor
from voicectl.errors import MachineError, UsageError, VoicectlError
from voicectl.hardware.facts import Facts, Listener

Write = Callable[[str, str], Path]
PASSWORD = "kV3-sentinel_Password"
WISHES = """
agent.name = "Sally"
agent.business = "Smith & Daughters"
sip.username = "smithphone"
trunk.address = "9.8.7.6"
trunk.networks = ["9.8.7.0/24"]
trunk.number = "+14155550100"
[people.bob]
says = "Bob Miller"
number = "+14155550199"
"""
PRIVATE = (PASSWORD, "Sally", "Smith", "Bob", "Miller", "415555", "9.8.7", "alice", "93.184.216.34", "2a00:1450")


def case(facts: Facts, config: Config, logs: dict[str, tuple[str, ...]] | None = None) -> Case:
    report = examine(config, facts, CHECKS)
    return Case(config, facts, report, logs or {}, datetime(2026, 11, 24, 2, 0, tzinfo=UTC))


def redactor() -> Redactor:
    return Redactor([PASSWORD], ["alice", "Sally", "Smith & Daughters", "Bob Miller", "bob"])


def test_nothing_private_is_in_the_file(tmp_path: Path) -> None:
    """No password, no name, no number, no public address, wherever it stood; the file is its owner's alone."""
    facts = machine("agent_running")
    listening = (Listener("93.184.216.34", 22, "tcp", f"alice {PASSWORD}", 7),)
    facts = replace(
        facts,
        ports=change(facts.ports, listening=listening),
        network=change(facts.network, addresses=("93.184.216.34",), addresses_v6=("2a00:1450::5",)),
        disks=change(facts.disks, prefix=replace(change(facts.disks).prefix, path="/home/alice/agent")),
    )
    path = tmp_path / "case.json"

    write_bundle(path, case(facts, parse_config(WISHES)), redactor())

    text = path.read_text(encoding="utf-8")
    assert [word for word in PRIVATE if word in text] == []
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["case.json"]


@pytest.mark.parametrize("name", NAMES)
def test_a_case_is_examined_as_it_was(name: str, tmp_path: Path) -> None:
    """The same findings, whatever was taken out."""
    config, path = parse_config(WISHES), tmp_path / "case.json"
    write_bundle(path, case(machine(name), config), redactor())

    again = examine(*read_bundle(path), CHECKS)

    before = examine(config, machine(name), CHECKS)
    assert [(one.id, one.status) for one in again.findings] == [(one.id, one.status) for one in before.findings]


def test_the_same_address_stays_the_same(tmp_path: Path) -> None:
    """So that a case still tells that the trunk and the listener are two machines; private addresses stay."""
    facts = machine("bare_vm")
    facts = replace(facts, network=change(facts.network, addresses=("9.8.7.6", "9.9.9.9", "10.0.0.1")))
    path = tmp_path / "case.json"
    write_bundle(path, case(facts, parse_config(WISHES)), redactor())
    config, found = read_bundle(path)

    assert config.trunk.address == "192.0.2.1"
    assert change(found.network).addresses == ("192.0.2.1", "192.0.2.3", "10.0.0.1")


def test_log_lines_tell_what_happened_and_not_to_whom(write: Write) -> None:
    """Our own fields by a list of what is no caller's; whatever is quoted, a number or an address goes."""
    ours = {"time": "2026-11-24T02:00:00+00:00", "level": "INFO", "service": "orchestrator", "call": "c1"}
    write(
        "log/orchestrator.log",
        json.dumps({**ours, "event": "turn", "said": "I am Bob", "caller": "+14155550123", "engine": "piper", "ms": 5})
        + "\n"
        + json.dumps({**ours, "level": "DEBUG", "event": "heard", "text": "secret words"})
        + "\n"
        + json.dumps({**ours, "level": "ERROR", "event": "failed"})
        + "\nTraceback: mail alice@example.com, call 415 555 0123, see sip:bob@example.com\n",
    )
    write(
        "log/asterisk-pbx.log",
        "[2026-11-24T02:00:00.000+0000] VERBOSE[1]: Executing for Bob Miller\n"
        "[2026-11-24T02:00:01.000+0000] WARNING[1]: from '\"Bob\" <sip:x@93.184.216.34>' failed for 93.184.216.34, "
        f"{PASSWORD} \x1b[2J 14155550123\n",
    )
    lines = last_lines(write("log/x", "").parent, redactor())

    assert (
        lines["orchestrator"][0]
        == "2026-11-24T02:00:00.000+00:00 INFO turn said=[text] caller=[text] engine=piper ms=5"
    )
    assert len(lines["orchestrator"]) == 3
    assert len(lines["asterisk-pbx"]) == 1
    text = json.dumps(lines)
    assert [word for word in (*PRIVATE, "0123", "secret words", "example.com", "\\u001b") if word in text] == []
    assert "failed for 192.0.2.1" in text


def test_without_logs_there_are_none(tmp_path: Path) -> None:
    """Nothing was deployed yet: the case says nothing of services."""
    assert last_lines(tmp_path, redactor()) == {}


@settings(max_examples=60, deadline=None)
@given(
    before=st.text(max_size=20),
    number=st.from_regex(r"\+[1-9][0-9]{9,13}", fullmatch=True),
    after=st.text(alphabet=" ,.;)", max_size=3),
)
def test_no_number_survives_in_a_line(before: str, number: str, after: str) -> None:
    """Wherever it stands."""
    assert number[1:] not in redactor().spoken(f"{before} {number}{after}")


@settings(max_examples=60, deadline=None)
@given(address=st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_public_addresses_are_replaced_and_others_stay(address: object) -> None:
    """What only this network knows helps to understand the case; what the world can reach goes."""
    from ipaddress import ip_address  # noqa: PLC0415 - the strategy gives the same type

    told = redactor().machine(f"from {address} to me")
    assert (str(address) in told) is not ip_address(str(address)).is_global


def test_a_foreign_file_is_refused(tmp_path: Path, write: Write) -> None:
    """Cut short at any byte, of another kind, or with an address that is none: one clear line."""
    path = tmp_path / "case.json"
    write_bundle(path, case(machine("tiny"), parse_config("")), redactor())
    document = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(document)

    with pytest.raises(UsageError, match="E102"):
        read_bundle(tmp_path / "none")
    for length in range(0, len(text), 97):
        with pytest.raises(MachineError, match="E402"):
            read_bundle(write("cut.json", text[:length]))
    document["config"]["sip"]["address"] = "x; rm -rf /"
    for other in (document, machine("tiny").to_dict(), {**document, "facts": 5}, {**document, "config": {}}):
        with pytest.raises(MachineError, match=r"E402 .*Fix: name a file"):
            read_bundle(write("other.json", json.dumps(other)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_case_with_any_wrong_value_is_refused_or_examined(data: st.DataObject, tmp_path: Path) -> None:
    """A stranger's case never ends in a traceback."""
    path = tmp_path / "case.json"
    if not path.exists():
        write_bundle(path, case(machine("gpu_box"), parse_config(WISHES)), redactor())
    document = json.loads(path.read_text(encoding="utf-8"))
    part = document[data.draw(st.sampled_from(["config", "facts"]))]
    section = data.draw(st.sampled_from([name for name in part if isinstance(part[name], dict)]))
    key = data.draw(st.sampled_from(sorted(part[section])))
    part[section][key] = data.draw(st.sampled_from([None, -1, 0, 1e9, "", "x", [], {}, True, ["1.2.3.4"]]))
    (tmp_path / "changed.json").write_text(json.dumps(document), encoding="utf-8")
    try:
        examine(*read_bundle(tmp_path / "changed.json"), CHECKS)
    except VoicectlError as error:
        assert error.code == "E402"  # noqa: PT017 - either is fine
