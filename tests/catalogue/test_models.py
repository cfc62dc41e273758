"""The catalogue of models."""

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl.catalogue.models import CatalogueError, HubSource, PackageSource, load_models, parse_models

NEEDED = {
    "whisper-tiny.en",
    "piper-en_US-joe-medium",
    "minilm-l6-v2",
    "silero-vad-v6",
    "smollm2-135m-instruct",
    "qwen2.5-0.5b-instruct",
}
ROW: dict[str, Any] = {
    "id": "a",
    "kind": "stt",
    "engine": "e",
    "title": "A",
    "licence": "MIT",
    "licence_note": "",
    "file": [{"name": "f.bin", "bytes": 3, "sha256": "0" * 64}],
    "source": [{"hub": "h", "repo": "r", "revision": "1", "files": {"f.bin": "deep/f.bin"}}],
}
PACKAGE = {"package": "p", "version": "1", "bytes": 9, "sha256": "1" * 64, "files": {"f.bin": "p/f.bin"}}


def toml(value: Any) -> str:
    """A value as inline TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {toml(item)}' for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    quoted = "".join(c if c.isalnum() or c in " ._-/:" else f"\\U{ord(c):08x}" for c in value)
    return f'"{quoted}"'


def catalogue(*rows: dict[str, Any]) -> str:
    return 'hubs = {h = "https://hub.example/{repo}/{revision}/{path}"}\nmodel = ' + toml(list(rows))


def test_shipped_catalogue_has_every_model_of_the_profiles() -> None:
    """The planner's ids are there, each with files, a licence and a source."""
    models = load_models()

    assert set(models) >= NEEDED
    assert all(model.licence and model.files and model.sources for model in models.values())


def test_shipped_digests_are_each_their_own() -> None:
    """No digest was pasted twice."""
    digests = [file.sha256 for model in load_models().values() for file in model.files]

    assert len(set(digests)) == len(digests)


def test_library_blob_is_addressed_by_the_digest_that_is_checked() -> None:
    """The one model that nobody here has seen is asked for by its own digest."""
    model = load_models()["qwen2.5-0.5b-instruct"]
    (source,) = model.sources

    assert isinstance(source, HubSource)
    assert source.url(model.files[0].name).endswith(f"/library/qwen2.5/blobs/sha256:{model.files[0].sha256}")


def test_sources_keep_their_order() -> None:
    """What stands first is tried first."""
    sources = parse_models(catalogue({**ROW, "source": [PACKAGE, *ROW["source"]]}))["a"].sources

    assert [type(source) for source in sources] == [PackageSource, HubSource]


def test_hub_address_is_filled_in() -> None:
    """Repository, revision and path find their places."""
    (source,) = parse_models(catalogue(ROW))["a"].sources

    assert isinstance(source, HubSource)
    assert source.url("f.bin") == "https://hub.example/r/1/deep/f.bin"


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (("kind",), "song", "kind 'song'"),
        (("id",), "../a", "cannot be a name"),
        (("surprise",), 1, "surprise"),
        (("file",), [], "at least one file"),
        (("file",), 3, "list of tables"),
        (("file", 0, "name"), "../../etc/passwd", "cannot be a name"),
        (("file", 0, "name"), ".hidden", "cannot be a name"),
        (("file", 0, "sha256"), "A" * 64, "sha256"),
        (("file", 0, "sha256"), "0" * 63, "sha256"),
        (("file", 0, "bytes"), 0, "size"),
        (("file", 0, "bytes"), True, "size"),
        (("source",), [], "no source carries f.bin"),
        (("source", 0, "files"), {}, "no source carries f.bin"),
        (("source", 0, "files"), {"g.bin": "g"}, "does not have"),
        (("source", 0, "hub"), "nowhere", "not one of"),
        (("source", 0, "hub"), [], "expected text"),
        (("source", 0, "revision"), 3, "expected text"),
        (("source", 0), {**PACKAGE, "package": "p @ https://evil.example"}, "cannot be a name"),
        (("source", 0), {**PACKAGE, "version": "1\n--index-url=x"}, "cannot be a name"),
    ],
)
def test_broken_row_is_refused(place: tuple[str | int, ...], value: Any, says: str) -> None:
    """A slip in the data file is found when it is read, not when an operator fetches."""
    row = copy.deepcopy(ROW)
    spot: Any = row
    for step in place[:-1]:
        spot = spot[step]
    spot[place[-1]] = value

    with pytest.raises(CatalogueError, match=re.escape(says)):
        parse_models(catalogue(row))


def test_id_stands_only_once() -> None:
    """The second of two rows would hide the first."""
    with pytest.raises(CatalogueError, match="stands twice"):
        parse_models(catalogue(ROW, ROW))


@given(
    st.recursive(
        st.integers(-(2**40), 2**40) | st.booleans() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(ROW)), inner, max_size=8),
    ),
    st.sampled_from([*ROW, None]),
)
def test_no_data_breaks_the_parser(value: Any, key: str | None) -> None:
    """Whatever stands in the file is read or refused by name; nothing else is ever raised."""
    row = value if key is None else {**ROW, key: value}
    text = catalogue(row) if isinstance(row, dict) else f"hubs = {{}}\nmodel = {toml(row)}"
    try:
        models = parse_models(text)
    except CatalogueError:
        return
    for model in models.values():
        assert "/" not in model.id
        assert all("/" not in file.name and len(file.sha256) == 64 and file.bytes > 0 for file in model.files)


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    """Nor does a file that is no catalogue at all."""
    with pytest.raises(CatalogueError):
        parse_models(text)
