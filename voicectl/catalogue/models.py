"""The models that the world offers, read from `models.toml`."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final, get_args

from voicectl.catalogue.model import HubSource, Kind, Model, ModelFile, PackageSource, Source
from voicectl.paths import CATALOGUE

__all__ = ["CatalogueError", "HubSource", "Kind", "Model", "ModelFile", "PackageSource", "load_models", "parse_models"]

# A name becomes a file or a folder of ours: nothing in it may lead out of the store.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class CatalogueError(ValueError):
    """The catalogue itself is broken: a mistake of ours, not of the operator's."""


def load_models() -> dict[str, Model]:
    """The catalogue that ships with voicectl, by id."""
    return parse_models((CATALOGUE / "models.toml").read_text(encoding="utf-8"))


def parse_models(text: str) -> dict[str, Model]:
    """Read a catalogue.

    Raises:
        CatalogueError: it is not TOML, or a row is not exactly what a model needs.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(str(error)) from error
    _exactly(document, {"hubs", "model"}, "the catalogue")
    hubs = {name: _text(address, f"hubs.{name}") for name, address in _table(document["hubs"], "hubs").items()}
    models: dict[str, Model] = {}
    for row in _rows(document["model"], "model"):
        model = _model(row, hubs)
        if model.id in models:
            raise CatalogueError(f"{model.id}: stands twice")
        models[model.id] = model
    return models


def _model(row: Mapping[str, Any], hubs: Mapping[str, str]) -> Model:
    where = str(row.get("id", "a model without id"))
    _exactly(row, {"id", "kind", "engine", "title", "licence", "licence_note", "file", "source"}, where)
    if row["kind"] not in get_args(Kind):
        raise CatalogueError(f"{where}: kind {row['kind']!r} is none of {', '.join(get_args(Kind))}")
    files = tuple(_file(file, where) for file in _rows(row["file"], where))
    names = {file.name for file in files}
    if not files or len(names) != len(files):
        raise CatalogueError(f"{where}: needs at least one file, and each only once")
    sources = tuple(_source(source, hubs, names, where) for source in _rows(row["source"], where))
    if missing := names - {name for source in sources for name in source.files}:
        raise CatalogueError(f"{where}: no source carries {', '.join(sorted(missing))}")
    return Model(
        id=_name(row["id"], where),
        kind=row["kind"],
        engine=_text(row["engine"], where),
        title=_text(row["title"], where),
        licence=_text(row["licence"], where),
        licence_note=_text(row["licence_note"], where),
        files=files,
        sources=sources,
    )


def _file(row: Mapping[str, Any], where: str) -> ModelFile:
    _exactly(row, {"name", "bytes", "sha256"}, where)
    return ModelFile(_name(row["name"], where), _size(row["bytes"], where), _digest(row["sha256"], where))


def _source(row: Mapping[str, Any], hubs: Mapping[str, str], names: set[str], where: str) -> Source:
    files = {name: _text(place, where) for name, place in _table(row.get("files"), where).items()}
    if unknown := set(files) - names:
        raise CatalogueError(f"{where}: a source carries {', '.join(sorted(unknown))}, which the model does not have")
    if "hub" in row:
        _exactly(row, {"hub", "repo", "revision", "files"}, where)
        hub, repo, revision = (_text(row[key], where) for key in ("hub", "repo", "revision"))
        if hub not in hubs:
            raise CatalogueError(f"{where}: hub {hub!r} is not one of [hubs]")
        return HubSource(hub, repo, hubs[hub].replace("{repo}", repo).replace("{revision}", revision), files)
    _exactly(row, {"package", "version", "bytes", "sha256", "files"}, where)
    package, version = _name(row["package"], where), _name(row["version"], where)
    return PackageSource(package, version, _size(row["bytes"], where), _digest(row["sha256"], where), files)


def _exactly(row: Mapping[str, Any], keys: set[str], where: str) -> None:
    if wrong := keys ^ set(row):
        raise CatalogueError(f"{where}: keys that are missing or unknown: {', '.join(sorted(wrong))}")


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise CatalogueError(f"{where}: expected a table, found {value!r}")
    return value


def _rows(value: object, where: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list):
        raise CatalogueError(f"{where}: expected a list of tables, found {value!r}")
    return [_table(row, where) for row in value]


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise CatalogueError(f"{where}: expected text, found {value!r}")
    return value


def _name(value: object, where: str) -> str:
    if not _NAME.fullmatch(text := _text(value, where)):
        raise CatalogueError(f"{where}: {text!r} cannot be a name")
    return text


def _digest(value: object, where: str) -> str:
    if not _SHA256.fullmatch(text := _text(value, where)):
        raise CatalogueError(f"{where}: {text!r} is not a sha256 in lower case")
    return text


def _size(value: object, where: str) -> int:
    if type(value) is not int or value <= 0:
        raise CatalogueError(f"{where}: {value!r} is not a size in bytes")
    return value
