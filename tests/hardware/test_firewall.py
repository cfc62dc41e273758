"""What the rules of a firewall let in, read from nft's own words."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.machines.machine import change, machine
from voicectl.config.load import parse_config
from voicectl.doctor.examine import CHECKS, examine
from voicectl.hardware.firewall import firewall_of, read_firewall
from voicectl.hardware.network_facts import Firewall, PortSpan

TABLE = {"family": "inet", "table": "filter"}
ACCEPT: dict[str, Any] = {"accept": None}
OFFICE = 'sip.address = "192.168.1.20"\n[trunk]\naddress = "192.0.2.10"\nnetworks = ["192.0.2.10/32"]'


def chain(name: str = "input", **base: str) -> dict[str, Any]:
    return {"chain": {**TABLE, "name": name, **base}}


def rule(*words: dict[str, Any], chain: str = "input") -> dict[str, Any]:
    return {"rule": {**TABLE, "chain": chain, "expr": list(words)}}


def match(left: dict[str, Any], right: Any) -> dict[str, Any]:
    return {"match": {"op": "==", "left": left, "right": right}}


def payload(protocol: str, field: str, right: Any) -> dict[str, Any]:
    return match({"payload": {"protocol": protocol, "field": field}}, right)


STRICT = chain(hook="input", policy="drop")


def test_the_rules_of_a_real_machine() -> None:
    """As nft 1.0.6 printed them: loopback, answers, SSH and ping are nothing that a caller sends."""
    found = firewall_of(
        [
            {"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
            {"table": {"family": "inet", "name": "filter", "handle": 1}},
            STRICT,
            chain("output", hook="output", policy="accept"),
            rule(match({"meta": {"key": "iif"}}, "lo"), ACCEPT),
            rule(match({"ct": {"key": "state"}}, ["established", "related"]), ACCEPT),
            rule(payload("tcp", "dport", 22), ACCEPT),
            rule(payload("udp", "dport", 5060), payload("ip", "saddr", "@trunk"), ACCEPT),
            rule(payload("udp", "dport", {"set": [4569, {"range": [10000, 10099]}]}), ACCEPT),
            rule(payload("ip", "protocol", "icmp"), ACCEPT),
        ]
    )

    assert found == Firewall(
        ("inet filter input",), (PortSpan(4569, 4569), PortSpan(5060, 5060), PortSpan(10000, 10099)), ()
    )


@pytest.mark.parametrize(
    ("entries", "is_strict"),
    [
        ([], False),
        ([chain(hook="input", policy="accept")], False),
        ([chain(hook="output", policy="drop")], False),
        ([chain("other")], False),
        ([STRICT], True),
        ([chain(hook="input", policy="accept"), rule({"counter": None}, {"reject": {"type": "icmpx"}})], True),
        ([chain(hook="input", policy="accept"), rule({"drop": None}), rule(ACCEPT)], False),
        ([chain(hook="input", policy="accept"), rule(payload("tcp", "dport", 23), {"drop": None})], False),
    ],
)
def test_a_chain_is_strict_by_its_policy_or_its_last_rule(entries: list[dict[str, Any]], is_strict: bool) -> None:
    """Only then does a port need a rule that lets it in."""
    assert bool(firewall_of(entries).strict_chains) is is_strict


@pytest.mark.parametrize(
    ("words", "spans"),
    [
        ([payload("udp", "dport", "@open")], [(0, 65535)]),
        ([payload("ip", "saddr", "10.0.0.0/8")], [(0, 65535)]),
        ([payload("th", "dport", 5060), match({"meta": {"key": "l4proto"}}, {"set": ["tcp", "udp"]})], [(5060, 5060)]),
        ([match({"ct": {"key": "state"}}, ["new", "established"])], [(0, 65535)]),
        ([match({"meta": {"key": "l4proto"}}, "tcp")], []),
        ([{"limit": {"rate": 5}}], [(0, 65535)]),
    ],
)
def test_what_a_rule_lets_in(words: list[dict[str, Any]], spans: list[tuple[int, int]]) -> None:
    """Whatever else it asks for; what we do not know is taken for open, so that no rule is printed twice."""
    found = firewall_of([STRICT, rule(*words, ACCEPT), rule(*words, {"drop": None})])

    assert [(span.first, span.last) for span in found.udp_let_in] == spans


@pytest.mark.parametrize(
    ("words", "keeps_out"),
    [
        ([payload("udp", "dport", 5060)], True),
        ([payload("udp", "dport", 5060), match({"payload": {"protocol": "ip", "field": "daddr"}}, "192.0.2.1")], True),
        ([payload("udp", "dport", 5060), payload("ip", "saddr", "@banned")], False),
        ([payload("tcp", "dport", 5060)], False),
        ([payload("ip", "saddr", "@banned")], False),
    ],
)
def test_a_ban_keeps_no_stranger_out(words: list[dict[str, Any]], keeps_out: bool) -> None:
    """What fail2ban drops are some addresses; all others still reach the port."""
    found = firewall_of([chain(hook="input", policy="accept"), rule(*words, {"drop": None})])

    assert found.udp_kept_out == ((PortSpan(5060, 5060),) if keeps_out else ())


def test_the_rules_that_doctor_prints_content_it() -> None:
    """As nft read them back."""
    others = {"match": {"op": "!=", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "192.0.2.10"}}
    no_loopback = {"match": {"op": "!=", "left": {"meta": {"key": "iif"}}, "right": "lo"}}
    words = (no_loopback, payload("udp", "dport", 5060), others, {"drop": None})
    read = firewall_of([chain(hook="input", policy="accept"), rule(*words)])
    vm = machine("bare_vm", firewall=read)
    (found,) = [one for one in examine(parse_config(OFFICE), vm, CHECKS).findings if one.id == "fw"]

    assert (found.status, found.seen) == ("ok", "SIP is kept from all others")


def test_chains_are_followed_once() -> None:
    """As ufw and firewalld nest them; two that lead to each other are no endless way."""
    found = firewall_of(
        [
            STRICT,
            rule({"jump": {"target": "ufw-user"}}),
            rule({"goto": {"target": "input"}}, chain="ufw-user"),
            rule(payload("udp", "dport", 5060), ACCEPT, chain="ufw-user"),
            rule(payload("udp", "dport", 9), ACCEPT, chain="elsewhere"),
        ]
    )

    assert found.udp_let_in == (PortSpan(5060, 5060),)


@pytest.mark.parametrize(
    ("strict", "let_in", "commands"),
    [
        ((), (), ["add table", "add chain", "iif != lo udp dport 5060 ip saddr != '{ 192.0.2.10 }' drop"]),
        (
            ("ip filter INPUT",),
            (PortSpan(10000, 10050),),
            [
                "insert rule ip filter INPUT udp dport 5060 ip saddr '{ 192.0.2.10 }' accept",
                "insert rule ip filter INPUT udp dport 10000-10099 accept",
            ],
        ),
        (("ip filter INPUT",), (PortSpan(5060, 10050), PortSpan(10051, 11000)), []),
    ],
)
def test_the_rules_that_are_missing_are_printed(
    strict: tuple[str, ...], let_in: tuple[PortSpan, ...], commands: list[str]
) -> None:
    """SIP for the trunk alone; audio from everywhere, since trunks send it from other machines."""
    vm = machine("bare_vm")
    vm = machine("bare_vm", firewall=change(vm.firewall, strict_chains=strict, udp_let_in=let_in))
    (found,) = [one for one in examine(parse_config(OFFICE), vm, CHECKS).findings if one.id == "fw"]

    assert found.status == ("warn" if commands else "ok")
    printed = found.fix.commands if found.fix else ()
    assert len(printed) == len(commands)
    assert all(part in line for part, line in zip(commands, printed, strict=True))


@pytest.mark.parametrize(
    ("program", "says"),
    [
        (None, "is not installed"),
        ("echo 'Error: Operation not permitted' >&2; exit 1", "nft shows no rules: Operation not permitted"),
    ],
)
def test_rules_that_cannot_be_seen_are_not_known(
    program: str | None, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without nft, or without the right to look."""
    nft = tmp_path / "nft"
    nft.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
    nft.chmod(0o755)
    monkeypatch.setattr("voicectl.hardware.firewall.shutil.which", lambda *_, **__: str(nft) if program else None)

    with pytest.raises(RuntimeError, match=says):
        read_firewall()


def test_nft_is_asked_for_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terse: a list of ten thousand banned addresses is nobody's business here."""
    asked: list[list[str]] = []

    def run(argv: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        asked.append(argv)
        return subprocess.CompletedProcess(argv, 0, json.dumps({"nftables": [STRICT]}), "")

    monkeypatch.setattr("voicectl.hardware.firewall.shutil.which", lambda *_, **__: "/usr/sbin/nft")
    monkeypatch.setattr("voicectl.hardware.firewall.subprocess.run", run)

    assert read_firewall() == Firewall(("inet filter input",), (), ())
    assert asked == [["/usr/sbin/nft", "-j", "-t", "list", "ruleset"]]
