"""What options must not say together, one small function a rule."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Final

from voicectl.config.lines import KeyPath
from voicectl.config.numbers import ensure_affordable, ensure_in_country
from voicectl.config.refused import RefusedError, refused_at, shown
from voicectl.config.sections import Config

# Two for the caller (RTP and RTCP), two for the person to whom the call is transferred.
RTP_PORTS_A_CALL: Final = 4
RTP_PORTS_A_CALLER: Final = 2


def ensure_consistent(config: Config) -> None:
    """Refuse the first contradiction.

    Raises:
        RefusedError: with the path of the key to change.
    """
    for rule in _RULES:
        rule(config)


def _ports_differ(config: Config) -> None:
    for (first, port), (second, other) in combinations(_ports(config), 2):
        if port == other:
            problem = f"the port of {'.'.join(first)} too ({port})"
            raise _contradiction(second, problem, "give each its own port", because_of=(first,))


def _rtp_range_fits(config: Config) -> None:
    first, last, needed = config.sip.rtp_first, config.sip.rtp_last, _rtp_ports(config)
    if first >= last:
        raise _bad_range(f"the range ends before it starts ({first}-{last})", needed)
    if first % 2 or not last % 2:
        raise _bad_range(f"half a pair of ports at an end ({first}-{last})", needed)
    if last - first + 1 < needed:
        raise _bad_range(f"too few ports ({first}-{last} has {last - first + 1})", needed)
    for key, port in _ports(config):
        if first <= port <= last:
            raise _bad_range(f"{'.'.join(key)} lies within it ({port} in {first}-{last})", needed, key)


def _rtp_ports(config: Config) -> int:
    waiting = config.calls.most if config.calls.when_full == "queue" else 0
    return config.calls.most * RTP_PORTS_A_CALL + waiting * RTP_PORTS_A_CALLER


def _bad_range(problem: str, needed: int, *keys: KeyPath) -> RefusedError:
    fix = f"name {needed} free ports, 4 a call, from an even one to an odd one, such as 10000-{9999 + needed}"
    because_of = (("sip", "rtp_first"), *keys, ("calls", "most"))
    return RefusedError("E204", problem, fix=fix, at=("sip", "rtp_last"), because_of=because_of)


def _turns_fit(config: Config) -> None:
    turns = config.turns
    for longer, shorter, fix in (
        ("patience_ms", "stop_ms", "use the same or more"),
        ("silence_ms", "patience_ms", "use some seconds"),
    ):
        more, less = getattr(turns, longer), getattr(turns, shorter)
        if more < less:
            problem = f"less than turns.{shorter} ({more} < {less})"
            raise _contradiction(("turns", longer), problem, fix, because_of=(("turns", shorter),))
    if turns.longest_turn_s > config.calls.longest_s:
        problem = f"more than calls.longest_s ({turns.longest_turn_s} > {config.calls.longest_s})"
        because_of = (("calls", "longest_s"),)
        raise _contradiction(("turns", "longest_turn_s"), problem, "use less", because_of=because_of)


def _profile_fits(config: Config) -> None:
    if config.agent.profile == "embedded" and config.agent.language_model:
        problem = "the embedded profile has no language model (true)"
        fix = 'use profile = "auto" or "cpu", or set it to false'
        because_of = (("agent", "profile"),)
        raise _contradiction(("agent", "language_model"), problem, fix, because_of=because_of)


def _trunk_is_whole(config: Config) -> None:
    trunk = config.trunk
    if trunk.address:
        return
    for key, value in (("networks", trunk.networks), ("number", trunk.number), ("country", trunk.country)):
        if value:
            raise _no_trunk(f"trunk.{key} is set ({shown(value)})", ("trunk", key))
    for person in config.people:
        if person.number:
            problem = f"people.{person.key} is reached by number ({shown(person.number)})"
            raise _no_trunk(problem, ("people", person.key, "number"))


def _people_can_be_reached(config: Config) -> None:
    taken: dict[str, KeyPath] = {config.sip.extension: ("sip", "extension")}
    for person in config.people:
        at = ("people", person.key)
        if bool(person.extension) == bool(person.number):
            problem = "both extension and number" if person.number else "neither extension nor number"
            raise _contradiction(at, f"{problem} ({shown(person.says)})", "set one of the two")
        if other := taken.get(person.extension):
            problem = f"the extension of {'.'.join(other)} too ({shown(person.extension)})"
            raise _contradiction((*at, "extension"), problem, "give each its own extension", because_of=(other,))
        if person.extension:
            taken[person.extension] = at
        if person.key == config.sip.username:
            problem = f"the name of sip.username too ({shown(person.key)})"
            raise _contradiction(at, problem, "use another name", because_of=(("sip", "username"),))


def _numbers_are_fit(config: Config) -> None:
    if config.trunk.number and config.trunk.country:
        with refused_at(("trunk", "number")):
            ensure_in_country(config.trunk.number, config.trunk.country)
    for person in config.people:
        with refused_at(("people", person.key, "number")):
            ensure_affordable(person.number, allowed=person.allow_premium)


def _transcripts_are_debug(config: Config) -> None:
    if config.log.transcripts and config.log.level != "DEBUG":
        problem = f"only DEBUG lines may hold what was said (log.level is {shown(config.log.level)})"
        raise _contradiction(("log", "transcripts"), problem, 'set log.level = "DEBUG", or this to false')


def _folders_are_apart(config: Config) -> None:
    prefix, store = config.deploy.prefix, config.deploy.store
    if prefix.is_relative_to(store):
        problem = f"the prefix lies in it ({shown(str(store))})"
        fix = "name a folder beside or below the prefix"
        raise _contradiction(("deploy", "store"), problem, fix, because_of=(("deploy", "prefix"),))


def _ports(config: Config) -> Iterator[tuple[KeyPath, int]]:
    yield ("sip", "port"), config.sip.port
    for name, port in vars(config.services).items():
        yield ("services", name), port


def _contradiction(at: KeyPath, problem: str, fix: str, *, because_of: tuple[KeyPath, ...] = ()) -> RefusedError:
    return RefusedError("E230", problem, fix=fix, at=at, because_of=because_of)


def _no_trunk(problem: str, because_of: KeyPath) -> RefusedError:
    fix = "set trunk.address to the telephone company's server"
    at = ("trunk", "address")
    return RefusedError("E205", f"no address, but {problem}", fix=fix, at=at, because_of=(because_of,))


_RULES: Final[tuple[Callable[[Config], None], ...]] = (
    _ports_differ,
    _rtp_range_fits,
    _turns_fit,
    _profile_fits,
    _people_can_be_reached,
    _numbers_are_fit,
    _trunk_is_whole,
    _transcripts_are_debug,
    _folders_are_apart,
)
