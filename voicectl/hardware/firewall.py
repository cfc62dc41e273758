"""What the kernel lets in: the rules of nftables, which hold those of ufw, firewalld and iptables, too."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from voicectl.hardware.network_facts import Firewall, PortSpan

_LONGEST_S: Final = 1.0
_ALL: Final = PortSpan(0, 65_535)
_ENDS: Final = ("drop", "reject")
_UDP: Final = frozenset({"udp", "17"})
Rule = Sequence[Mapping[str, Any]]


def read_firewall() -> Firewall:
    """Ask nft, without the contents of its sets, which may be long.

    Raises:
        RuntimeError: there is no nft, or it may not look (it takes root).
    """
    nft = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if nft is None:
        raise RuntimeError("nft, which shows every rule, is not installed")
    asked = subprocess.run(
        [nft, "-j", "-t", "list", "ruleset"], capture_output=True, text=True, timeout=_LONGEST_S, check=False
    )
    if asked.returncode:
        raise RuntimeError(f"nft shows no rules: {asked.stderr.strip().rpartition('Error: ')[2]}")
    return firewall_of(json.loads(asked.stdout)["nftables"])


def firewall_of(entries: Sequence[Mapping[str, Any]]) -> Firewall:
    """What `nft -j list ruleset` means for UDP from outside.

    A rule counts as letting a port in whatever else it asks for: an address, an interface, a limit.
    """
    chains = [entry["chain"] for entry in entries if entry.get("chain", {}).get("hook") == "input"]
    strict = [chain for chain in chains if _drops_the_rest(chain, entries)]
    return Firewall(
        strict_chains=tuple(f"{chain['family']} {chain['table']} {chain['name']}" for chain in strict),
        udp_let_in=_in_order(span for chain in strict for rule in _reached(chain, entries) for span in _lets_in(rule)),
        udp_kept_out=_in_order(
            span for chain in chains for rule in _reached(chain, entries) for span in _keeps_out(rule)
        ),
    )


def _in_order(spans: Iterable[PortSpan]) -> tuple[PortSpan, ...]:
    return tuple(sorted(set(spans), key=lambda span: (span.first, span.last)))


def _drops_the_rest(chain: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> bool:
    """By its policy, or by a last rule that asks for nothing."""
    rules = _rules(chain, chain["name"], entries)
    last = [word for word in rules[-1] if "counter" not in word and "log" not in word] if rules else []
    return chain.get("policy") == "drop" or any(end in word for word in last[:1] for end in _ENDS)


def _rules(chain: Mapping[str, Any], name: str, entries: Sequence[Mapping[str, Any]]) -> list[Rule]:
    wanted = (chain["family"], chain["table"], name)
    rules = [entry["rule"] for entry in entries if "rule" in entry]
    return [rule["expr"] for rule in rules if (rule["family"], rule["table"], rule["chain"]) == wanted]


def _reached(chain: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> Iterator[Rule]:
    """The chain's rules and those of every chain that they lead to, each once."""
    seen, waiting = set(), [chain["name"]]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for rule in _rules(chain, name, entries):
            yield rule
            waiting += [word[way]["target"] for word in rule for way in ("jump", "goto") if way in word]


def _lets_in(rule: Rule) -> Iterator[PortSpan]:
    """UDP ports that a rule lets in from outside."""
    if any("accept" in word for word in rule):
        spans: tuple[PortSpan, ...] = (_ALL,)
        for field, _, right in _matches(rule):
            if _is_udp_port(field):
                spans = tuple(_spans(right))
            elif _is_no_stranger(field, right):
                return
        yield from spans


def _keeps_out(rule: Rule) -> Iterator[PortSpan]:
    """UDP ports that a rule names and drops, though not one that bans some addresses alone."""
    if any(end in word for word in rule for end in _ENDS):
        matches = tuple(_matches(rule))
        if not any(field.get("field") == "saddr" and operator != "!=" for field, operator, _ in matches):
            yield from (span for field, _, right in matches if _is_udp_port(field) for span in _spans(right))


def _matches(rule: Rule) -> Iterator[tuple[Mapping[str, Any], str, object]]:
    """What a rule asks for: the field, the operator, and what it is compared with."""
    for word in rule:
        if "match" in word:
            yield _field(word["match"]["left"]), word["match"]["op"], word["match"]["right"]


def _is_udp_port(field: Mapping[str, Any]) -> bool:
    return field.get("field") == "dport" and field["protocol"] in {"udp", "th"}


def _field(left: object) -> Mapping[str, Any]:
    """What a rule looks at: a field of a header, or something that the kernel knows of the packet."""
    found = next(iter(left.values())) if isinstance(left, Mapping) and left else None
    return found if isinstance(found, Mapping) else {}


def _is_no_stranger(field: Mapping[str, Any], right: object) -> bool:
    """Another protocol, this machine itself, or the answer to what it asked."""
    key = field.get("key") or field.get("field")
    values = [str(value) for value in _items(right)]
    if key == "state":
        return "new" not in values
    if key in {"iif", "iifname"}:
        return values == ["lo"]
    if key in {"l4proto", "protocol", "nexthdr"}:
        return not _UDP & set(values)
    return field.get("protocol") in {"tcp", "sctp", "dccp", "icmp", "icmpv6"}


def _spans(right: object) -> Iterator[PortSpan]:
    for item in _items(right):
        if isinstance(item, int):
            yield PortSpan(item, item)
        elif isinstance(item, Mapping) and "range" in item:
            yield PortSpan(*item["range"])
        else:  # a named set, whose contents were not asked for
            yield _ALL


def _items(right: object) -> Sequence[object]:
    if isinstance(right, Mapping) and "set" in right:
        found: Sequence[object] = right["set"]
        return found
    return right if isinstance(right, list) else [right]
