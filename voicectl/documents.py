"""Frozen dataclasses as JSON and back: facts and plans are kept in files and compared as data."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

_LONGEST_SHOWN: Final = 80


class DocumentError(Exception):
    """A document that does not have the shape of the dataclass it should become."""


def to_plain(value: Any) -> Any:
    """A frozen dataclass, with everything in it, as what JSON knows."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def from_plain(kind: Any, value: object, where: str) -> Any:
    """Turn plain JSON into what `kind` names; nothing is converted silently.

    Raises:
        DocumentError: a key too many, one without a default too few, or a value of another type; it names the place.
    """
    origin = get_origin(kind)
    if origin is UnionType or origin is Union:
        return from_plain(_member(get_args(kind), value), value, where)
    if origin is Literal and value in get_args(kind):
        return value
    if origin is tuple and isinstance(value, list):
        return tuple(from_plain(get_args(kind)[0], item, f"{where}[{n}]") for n, item in enumerate(value))
    if is_dataclass(kind) and isinstance(value, Mapping):
        return _record(kind, value, where)
    return _scalar(kind, value, where)


def _scalar(kind: Any, value: object, where: str) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    if kind is float and type(value) is int:  # JSON does not keep 2.0 apart from 2
        return float(value)
    if kind in {str, int, float, bool, NoneType} and type(value) is kind:
        return value
    raise DocumentError(f"{where}: expected {getattr(kind, '__name__', kind)}, found {_short(value)}")


def _record(kind: Any, value: Mapping[str, object], where: str) -> Any:
    if not _fits(kind, value):
        unfit = (_needed(kind) - set(value)) | (set(value) - _names(kind))
        raise DocumentError(f"{where}: keys that do not fit: {_short(sorted(unfit))}")
    hints = hints_of(kind)
    return kind(**{name: from_plain(hints[name], value[name], f"{where}.{name}") for name in value})


@cache  # the catalogue's rows ask for the same few dataclasses again and again
def hints_of(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields, by their names."""
    return get_type_hints(kind)


def _member(kinds: tuple[Any, ...], value: object) -> Any:
    """The member of a union that the value is: records are told apart by their keys."""
    if value is None and NoneType in kinds:
        return NoneType
    if isinstance(value, Mapping):
        return next((kind for kind in kinds if is_dataclass(kind) and _fits(kind, value)), kinds[0])
    return next((kind for kind in kinds if kind is not NoneType), kinds[0])


def _short(value: object) -> str:
    """Whoever wrote the document chose the value: it must neither steer the terminal nor fill it."""
    text = ascii(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _fits(kind: Any, value: Mapping[str, object]) -> bool:
    """Every key that has no default, and none that is not known: who writes by hand leaves out what is not known."""
    return _needed(kind) <= set(value) <= _names(kind)


def _names(kind: Any) -> set[str]:
    return {field.name for field in fields(kind)}


def _needed(kind: Any) -> set[str]:
    return {one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING}
