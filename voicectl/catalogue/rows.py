"""Reads a data file of the catalogue into frozen rows; a slip in it is found when it is read."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, get_args

from voicectl.catalogue.models import CatalogueError
from voicectl.documents import DocumentError, from_plain, hints_of, to_plain
from voicectl.paths import CATALOGUE

Row = TypeVar("Row")


def load_rows(kind: type[Row], name: str) -> dict[str, Row]:
    """The rows of `<name>.toml` by their id.

    Raises:
        CatalogueError: it is not TOML, or a row is not exactly what `kind` needs.
    """
    rows: dict[str, Row] = {}
    for row in parse_toml(name).get("row", ()):
        where = f"{name}.toml, {row.get('id', 'a row without id')}"
        read = read_row(kind, row, where)
        if row["id"] in rows:
            raise CatalogueError(f"{where}: stands twice")
        rows[row["id"]] = read
    return rows


def parse_toml(name: str) -> dict[str, Any]:
    """A data file as plain data.

    Raises:
        CatalogueError: it is not TOML.
    """
    try:
        return tomllib.loads((CATALOGUE / f"{name}.toml").read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{name}.toml: {error}") from error


def read_row(kind: type[Row], row: Mapping[str, Any], where: str) -> Row:
    """One row; what it leaves out takes the default of its dataclass.

    Raises:
        CatalogueError: a key too many or too few, or a value of another type.
    """
    try:
        read = from_plain(kind, _complete(kind, row), where)
    except DocumentError as error:
        raise CatalogueError(str(error)) from error
    assert isinstance(read, kind)  # noqa: S101 - narrows the type; from_plain made it
    return read


def _complete(kind: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its dataclass's defaults, in the records inside it too: TOML has no null to write them out."""
    filled = dict(row)
    hints = hints_of(kind)
    for field in fields(kind):
        inner = next((one for one in (hints[field.name], *get_args(hints[field.name])) if is_dataclass(one)), None)
        value = filled.get(field.name)
        if inner is not None and isinstance(value, Mapping):
            filled[field.name] = _complete(inner, value)
        elif inner is not None and isinstance(value, list):
            filled[field.name] = [_complete(inner, one) if isinstance(one, Mapping) else one for one in value]
        elif field.name not in filled and field.default is not MISSING:
            filled[field.name] = to_plain(field.default)
    return filled
