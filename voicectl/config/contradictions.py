"""What options must not say together, one small function a rule."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Final

from voicectl.config.lines import KeyPath
from voicectl.config.numbers import ensure_affordable
from voicectl.config.refused import RefusedError, shown
from voicectl.config.sections import Config, Person

# Two for the caller (RTP and RTCP), two for the person to whom the call is transferred.
RTP_PORTS_A_CALL: Final = 4


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
            raise _contradiction(second, f"the port of {'.'.join(first)} too ({port})", "give each its own port")


def _rtp_range_fits(config: Config) -> None:
    first, last, needed = config.sip.rtp_first, config.sip.rtp_last, config.calls.most * RTP_PORTS_A_CALL
    at, span = ("sip", "rtp_last"), f"{first}-{last}"
    to_hold = f"{needed} ports hold {config.calls.most} calls, such as {first}-{first + needed - 1}"
    if first >= last:
        raise RefusedError("E204", f"the range ends before it starts ({span})", fix=to_hold, at=at)
    if first % 2 or not last % 2:
        raise RefusedError("E204", f"half a pair of ports at an end ({span})", fix="go from even to odd", at=at)
    if last - first + 1 < needed:
        raise RefusedError("E204", f"too few ports ({span} has {last - first + 1})", fix=to_hold, at=at)
    for key, port in _ports(config):
        if first <= port <= last:
            raise RefusedError(
                "E204", f"{'.'.join(key)} lies within it ({port} in {span})", fix="move the range", at=at
            )


def _turns_fit(config: Config) -> None:
    turns = config.turns
    if turns.silence_ms <= turns.stop_ms:
        problem = f"not more than turns.stop_ms ({turns.silence_ms} <= {turns.stop_ms})"
        raise _contradiction(("turns", "silence_ms"), problem, "use some seconds")
    if turns.longest_turn_s > config.calls.longest_s:
        problem = f"more than calls.longest_s ({turns.longest_turn_s} > {config.calls.longest_s})"
        raise _contradiction(("turns", "longest_turn_s"), problem, "use less")


def _profile_fits(config: Config) -> None:
    if config.agent.profile == "embedded" and config.agent.language_model:
        problem = "the embedded profile has no language model (true)"
        fix = 'use profile = "auto" or "cpu", or set it to false'
        raise _contradiction(("agent", "language_model"), problem, fix)


def _trunk_is_whole(config: Config) -> None:
    trunk = config.trunk
    if trunk.address:
        return
    for key, value in (("networks", trunk.networks), ("number", trunk.number), ("country", trunk.country)):
        if value:
            raise _no_trunk(f"trunk.{key} is set ({shown(value)})")
    for person in config.people:
        if person.number:
            raise _no_trunk(f"people.{person.key} is reached by number ({shown(person.number)})")


def _people_can_be_reached(config: Config) -> None:
    taken: dict[str, str] = {config.sip.extension: "sip.extension"}
    for person in config.people:
        at = ("people", person.key)
        if bool(person.extension) == bool(person.number):
            problem = "both extension and number" if person.number else "neither extension nor number"
            raise _contradiction(at, f"{problem} ({shown(person.says)})", "set one of the two")
        if person.extension in taken:
            problem = f"the extension of {taken[person.extension]} too ({shown(person.extension)})"
            raise _contradiction((*at, "extension"), problem, "give each its own extension")
        if person.extension:
            taken[person.extension] = f"people.{person.key}"
        if person.key == config.sip.username:
            raise _contradiction(at, f"the name of sip.username too ({shown(person.key)})", "use another name")


def _numbers_are_affordable(config: Config) -> None:
    for person in config.people:
        _ensure_affordable(person)


def _ensure_affordable(person: Person) -> None:
    try:
        ensure_affordable(person.number, allowed=person.allow_premium)
    except RefusedError as refused:
        at = ("people", person.key, "number")
        raise RefusedError(refused.code, refused.problem, fix=refused.fix, at=at) from refused


def _transcripts_are_debug(config: Config) -> None:
    if config.log.transcripts and config.log.level != "DEBUG":
        problem = f"only DEBUG lines may hold what was said (log.level is {shown(config.log.level)})"
        raise _contradiction(("log", "transcripts"), problem, 'set log.level = "DEBUG", or this to false')


def _folders_are_apart(config: Config) -> None:
    prefix, store = config.deploy.prefix, config.deploy.store
    if prefix.is_relative_to(store):
        problem = f"the prefix lies in it ({shown(str(store))})"
        raise _contradiction(("deploy", "store"), problem, "name a folder beside or below the prefix")


def _ports(config: Config) -> Iterator[tuple[KeyPath, int]]:
    yield ("sip", "port"), config.sip.port
    for name, port in vars(config.services).items():
        yield ("services", name), port


def _contradiction(at: KeyPath, problem: str, fix: str) -> RefusedError:
    return RefusedError("E230", problem, fix=fix, at=at)


def _no_trunk(problem: str) -> RefusedError:
    fix = "set trunk.address to the telephone company's server"
    return RefusedError("E205", f"no address, but {problem}", fix=fix, at=("trunk", "address"))


_RULES: Final[tuple[Callable[[Config], None], ...]] = (
    _ports_differ,
    _rtp_range_fits,
    _turns_fit,
    _profile_fits,
    _trunk_is_whole,
    _people_can_be_reached,
    _numbers_are_affordable,
    _transcripts_are_debug,
    _folders_are_apart,
)
