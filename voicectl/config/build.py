"""Plain data from TOML -> sections; nothing is converted silently, and nothing unknown is passed over."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

from voicectl.config.lines import KeyPath
from voicectl.config.refused import RefusedError, refused_at, shown
from voicectl.config.sections import Config, LookUp, Person
from voicectl.paths import REFERENCE_CONFIG

_WORDS: Final = {str: "a text in quotes", int: "a whole number", bool: "true or false", list: "a list in [ ]"}


@cache
def reference() -> Mapping[str, Any]:
    """The defaults."""
    return tomllib.loads(REFERENCE_CONFIG.read_text(encoding="utf-8"))


def build_config(document: Mapping[str, Any]) -> Config:
    """The operator's options over the defaults.

    Raises:
        RefusedError: an unknown key, a value of another type, or one that its rule refuses.
    """
    hints = get_type_hints(Config)
    _ensure_known(document, hints, ())
    sections = {
        name: _section(kind, (name,), _table(document.get(name, {}), (name,)), reference()[name])
        for name, kind in hints.items()
        if name not in {"people", "look_ups"}
    }
    people: tuple[Person, ...] = _each(Person, "key", "people", document)
    look_ups: tuple[LookUp, ...] = _each(LookUp, "name", "look_ups", document)
    return Config(people=people, look_ups=look_ups, **sections)


def _each(kind: Any, called: str, section: str, document: Mapping[str, Any]) -> tuple[Any, ...]:
    """A section for each thing, the part after the dot being what it is `called`."""
    sections = _table(document.get(section, reference()[section]), (section,))
    own = {field: hint for field, hint in get_type_hints(kind).items() if field != called}
    made = []
    for key, value in sections.items():
        given = _table(value, (section, key))
        _ensure_known(given, own, (section, key))
        made.append(_section(kind, (section, key), {**given, called: key}, {}))
    return tuple(made)


def _section(kind: Any, at: KeyPath, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind, include_extras=True)
    _ensure_known(given, hints, at)
    values = {**defaults, **given}
    if "store" in hints and values["store"] == "":
        values["store"] = f"{str(values['prefix']).rstrip('/')}/store"
    for field in fields(kind):
        if field.name not in values and field.default is MISSING:
            raise RefusedError("E229", f"{field.name} is missing", fix=f'add {field.name} = "..."', at=at)
    return kind(**{name: _value(hints[name], value, (*at, name)) for name, value in values.items()})


def _ensure_known(given: Mapping[str, Any], known: Mapping[str, Any], at: KeyPath) -> None:
    for key in given:
        if key in known:
            continue
        near = get_close_matches(key, known, n=1, cutoff=0.5)
        fix = f"did you mean {near[0]}?" if near else f"use one of: {', '.join(known)}"
        raise RefusedError("E202", f"unknown key ({shown(key)})", fix=fix, at=(*at, key))


def _table(value: object, at: KeyPath) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise RefusedError(
            "E207", f"not a section ({shown(value)})", fix=f"write [{'.'.join(at)}] above its options", at=at
        )
    return value


def _value(hint: Any, value: object, at: KeyPath) -> Any:
    """One option: its type first, then its rules, with the key added to what they refuse."""
    hint, *checks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    plain = _typed(hint, value, at)
    with refused_at(at):
        for check in checks:
            check(plain)
    return _as_path(hint, plain)


def _typed(hint: Any, value: object, at: KeyPath) -> Any:
    if get_origin(hint) is Literal:
        return _choice(get_args(hint), _typed(str, value, at), at)
    if get_origin(hint) is tuple:
        return tuple(_value(get_args(hint)[0], item, at) for item in _of_type(list, value, at))
    return _of_type(str if _is_path(hint) else hint, value, at)


def _choice(choices: tuple[str, ...], value: str, at: KeyPath) -> str:
    if value not in choices:
        near = get_close_matches(value, choices, n=1, cutoff=0.5)
        fix = f'did you mean "{near[0]}"?' if near else f"use one of: {', '.join(choices)}"
        raise RefusedError("E228", f"unknown choice ({shown(value)})", fix=fix, at=at)
    return value


def _of_type(kind: type, value: object, at: KeyPath) -> Any:
    if type(value) is kind:  # a TOML boolean must not pass as a number
        return value
    code = "E203" if kind is int else "E207"
    fix = f'put it in quotes: "{shown(value)}"' if kind is str else f"write {_WORDS[kind]}"
    raise RefusedError(code, f"not {_WORDS[kind]} ({shown(value)})", fix=fix, at=at)


def _is_path(hint: Any) -> bool:
    return hint is Path or (get_origin(hint) is UnionType and get_args(hint) == (Path, NoneType))


def _as_path(hint: Any, value: Any) -> Any:
    if not _is_path(hint):
        return value
    return Path(value) if value else None
