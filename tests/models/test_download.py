"""One file over HTTP, from servers that misbehave."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from voicectl.models.download import Downloader, Wanted
from voicectl.models.source_failed import SourceFailedError

if TYPE_CHECKING:
    from .conftest import Heard, Hub

BODY = bytes(range(256)) * 4096


def wanted(hub: "Hub", body: bytes = BODY) -> Wanted:
    return Wanted("a model", f"{hub.address}/model.bin", len(body), hashlib.sha256(body).hexdigest())


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "model.bin.part"


@pytest.fixture(autouse=True)
def _served(hub: "Hub") -> None:
    hub.files["/model.bin"] = BODY


def ranges(hub: "Hub") -> list[str | None]:
    return [asked for _, asked in hub.asked]


def test_whole_file_arrives(hub: "Hub", downloader: Downloader, part: Path, heard: "Heard") -> None:
    """One request, the right bytes, and progress to the end."""
    downloader.fetch(wanted(hub), part)

    assert part.read_bytes() == BODY
    assert ranges(hub) == [None]
    assert heard.seen[-1] == ("a model", len(BODY), len(BODY))


def test_what_an_earlier_run_left_is_continued(hub: "Hub", downloader: Downloader, part: Path) -> None:
    """Only the missing bytes are asked for."""
    part.write_bytes(BODY[:1000])

    downloader.fetch(wanted(hub), part)

    assert part.read_bytes() == BODY
    assert ranges(hub) == ["bytes=1000-"]


def test_complete_part_needs_no_request(hub: "Hub", downloader: Downloader, part: Path) -> None:
    """A run that was cut off between the last byte and the rename costs nothing again."""
    part.write_bytes(BODY)

    downloader.fetch(wanted(hub), part)

    assert hub.asked == []


def test_broken_connection_goes_on_where_it_broke(
    hub: "Hub", downloader: Downloader, part: Path, pauses: list[float]
) -> None:
    """Three cuts cost three more requests, each from the byte that came last, and no byte is loaded twice."""
    hub.cut_after = [300_000, 1, 300_000]

    downloader.fetch(wanted(hub), part)

    assert part.read_bytes() == BODY
    starts = [int(asked.removeprefix("bytes=").removesuffix("-")) for asked in ranges(hub) if asked]
    assert len(starts) == 3
    assert starts == sorted(starts)
    assert starts[0] == 300_000
    assert len(pauses) == 3


def test_connection_that_brings_nothing_more_is_given_up(hub: "Hub", downloader: Downloader, part: Path) -> None:
    """After four answers without a new byte the source has failed; what came stays for the next run."""
    hub.cut_after = [1000, 0, 0, 0, 0, 0, 0]

    with pytest.raises(SourceFailedError, match=rf"broke off at 1000 of {len(BODY)} bytes"):
        downloader.fetch(wanted(hub), part)

    assert part.read_bytes() == BODY[:1000]
    assert len(hub.asked) == 5


def test_server_without_ranges_starts_anew(hub: "Hub", downloader: Downloader, part: Path) -> None:
    """A full answer to a request for the rest replaces what was there, it is not appended."""
    part.write_bytes(BODY[:1000])
    hub.ignores_ranges = True

    downloader.fetch(wanted(hub), part)

    assert part.read_bytes() == BODY


def test_another_range_than_asked_is_refused(hub: "Hub", downloader: Downloader, part: Path) -> None:
    """Bytes at the wrong place are never written."""
    part.write_bytes(BODY[:1000])
    hub.wrong_range = True

    with pytest.raises(SourceFailedError, match="another range"):
        downloader.fetch(wanted(hub), part)

    assert part.read_bytes() == BODY[:1000]


def test_damaged_part_is_thrown_away_and_fetched_again(
    hub: "Hub", downloader: Downloader, part: Path, heard: "Heard"
) -> None:
    """A flipped bit in what an earlier run left costs one more download, and the operator is told."""
    part.write_bytes(b"x" * 1000)

    downloader.fetch(wanted(hub), part)

    assert part.read_bytes() == BODY
    assert ranges(hub) == ["bytes=1000-", None]
    assert "damaged" in heard.said[0]


def test_part_longer_than_the_file_is_thrown_away(hub: "Hub", downloader: Downloader, part: Path) -> None:
    """It cannot be the beginning of this file."""
    part.write_bytes(BODY + b"more")

    downloader.fetch(wanted(hub), part)

    assert part.read_bytes() == BODY
    assert ranges(hub) == [None]


def test_wrong_bytes_are_never_kept(hub: "Hub", downloader: Downloader, part: Path) -> None:
    """The right length with another digest is refused, and nothing of it stays."""
    hub.files["/model.bin"] = BODY[:-1] + b"!"

    with pytest.raises(SourceFailedError, match="another digest"):
        downloader.fetch(wanted(hub), part)

    assert not part.exists()


def test_another_length_is_refused_before_it_is_loaded(hub: "Hub", downloader: Downloader, part: Path) -> None:
    """The announced length alone tells that it is another file."""
    hub.files["/model.bin"] = BODY + BODY

    with pytest.raises(SourceFailedError, match=f"carries {2 * len(BODY)} bytes"):
        downloader.fetch(wanted(hub), part)

    assert not part.exists()


def test_endless_body_is_cut_off(hub: "Hub", downloader: Downloader, part: Path) -> None:
    """A server that does not say how long its answer is cannot fill the disk."""
    hub.files["/model.bin"] = BODY + BODY
    hub.chunked = True

    with pytest.raises(SourceFailedError, match="sends more than"):
        downloader.fetch(wanted(hub), part)

    assert part.stat().st_size <= len(BODY)


def test_file_that_is_too_short_is_given_up(hub: "Hub", downloader: Downloader, part: Path) -> None:
    """A server that always ends early, and says so politely, does not hold us for ever."""
    hub.files["/model.bin"] = BODY[:-1]
    hub.chunked = True

    with pytest.raises(SourceFailedError, match="broke off at"):
        downloader.fetch(wanted(hub), part)


def test_rest_that_the_server_does_not_have_is_judged_from_the_start(
    hub: "Hub", downloader: Downloader, part: Path
) -> None:
    """A server whose file ends before our part does is asked once more, for the whole, and then given up."""
    part.write_bytes(BODY[:1000])
    hub.files["/model.bin"] = BODY[:500]

    with pytest.raises(SourceFailedError, match="carries 500 bytes"):
        downloader.fetch(wanted(hub), part)

    assert ranges(hub) == ["bytes=1000-", None]


def test_missing_file_fails_at_once(hub: "Hub", downloader: Downloader, part: Path) -> None:
    """A 404 is an answer, not a fault to try again."""
    del hub.files["/model.bin"]

    with pytest.raises(SourceFailedError, match="answered 404"):
        downloader.fetch(wanted(hub), part)

    assert len(hub.asked) == 1
    assert not part.exists()


def test_nobody_there_fails_at_once(downloader: Downloader, part: Path, pauses: list[float]) -> None:
    """Where nothing listens the next source is tried without a wait."""
    with pytest.raises(SourceFailedError, match="unreachable"):
        downloader.fetch(Wanted("a model", "http://127.0.0.1:9/model.bin", 3, "0" * 64), part)

    assert pauses == []


def test_interrupt_leaves_a_part_that_the_next_run_continues(hub: "Hub", downloader: Downloader, part: Path) -> None:
    """Ctrl-C in mid-download costs nothing of what came."""

    class Impatient:
        def say(self, message: str) -> None: ...

        def progress(self, what: str, done_bytes: int, total_bytes: int) -> None:  # noqa: ARG002 - the protocol's names
            if done_bytes > 300_000:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Downloader(downloader.client, Impatient()).fetch(wanted(hub), part)
    came = part.stat().st_size
    downloader.fetch(wanted(hub), part)

    assert 300_000 < came < len(BODY)
    assert part.read_bytes() == BODY
    assert ranges(hub) == [None, f"bytes={came}-"]
