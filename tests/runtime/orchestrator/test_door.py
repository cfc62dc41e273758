"""The door, with the test as the bridge."""

import asyncio
import errno
import json
import os
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from voicectl_runtime.orchestrator import door as door_module
from voicectl_runtime.orchestrator.band import NARROW, WIDE, Band
from voicectl_runtime.orchestrator.door import Door, Visit

MESSAGE = json.dumps({"reason": "call", "env": {"arg_1": "abc@host"}}).encode()


class House:
    """A door whose visits can be waited for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.close_later = ExitStack()
        self.visits: asyncio.Queue[Visit] = asyncio.Queue()
        self.door = Door(path, self.visits.put_nowait)

    async def knock(self, message: bytes = MESSAGE, descriptors: int = 3) -> socket.socket:
        """Say what a bridge says."""
        bridge = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.close_later.callback(bridge.close)
        bridge.connect(str(self.path))
        bridge.settimeout(0)
        assert await told(bridge) == b"?"
        pipe = os.pipe()
        socket.send_fds(bridge, [message], [pipe[0]] * descriptors)
        os.close(pipe[0])
        os.close(pipe[1])
        return bridge


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path / "door")
    house.door.open()
    with house.close_later:
        yield house
    house.door.close()


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def told(bridge: socket.socket) -> bytes:
    async with asyncio.timeout(5):
        return await asyncio.get_running_loop().sock_recv(bridge, 16)


async def test_a_visit(house: House) -> None:
    """Environment, process and three descriptors arrive; accepting and leaving are single words."""
    with await house.knock() as bridge:
        visit = await house.visits.get()

        assert (visit.reason, visit.environment, visit.pid) == ("call", {"arg_1": "abc@host"}, os.getpid())
        assert len({visit.replies, visit.commands, visit.audio}) == 3
        assert not os.get_inheritable(visit.audio)
        assert visit.accept()
        assert await told(bridge) == b"A"
        visit.leave()
        assert await told(bridge) == b"0"
        visit.close()
        assert await told(bridge) == b""


@pytest.mark.parametrize("reason", ["call", "nobody"])
@pytest.mark.parametrize(("sound", "band"), [("", NARROW), ("-slin16", WIDE)])
async def test_what_sound_a_call_has(house: House, reason: str, sound: str, band: Band) -> None:
    """Its reason says so; a telephone's own needs no word."""
    with await house.knock(json.dumps({"reason": reason + sound, "env": {}}).encode()):
        visit = await house.visits.get()
        assert (visit.reason, visit.band) == (reason, band)
        visit.close()


@pytest.mark.parametrize(
    ("message", "descriptors"),
    [
        (MESSAGE, 2),
        (b"not json", 3),
        (b"[]", 3),
        (b'{"reason": "call"}', 3),
        (b'{"reason": "other", "env": {}}', 3),
        (b'{"reason": "call", "env": {"a": 1}}', 3),
        (b'{"reason": ["call"], "env": {}}', 3),
        (b'{"reason": "call-", "env": {}}', 3),
        (b'{"reason": "call-slin48", "env": {}}', 3),
        (b'{"reason": "other-slin16", "env": {}}', 3),
        (b"\xff", 3),
    ],
)
async def test_what_is_no_bridge_is_shown_out(house: House, message: bytes, descriptors: int) -> None:
    """And no descriptor of it is kept."""
    before = open_descriptors()
    with await house.knock(message, descriptors) as bridge:
        assert await told(bridge) == b""

    assert house.visits.empty()
    assert open_descriptors() == before


async def test_another_user_is_shown_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says who knocks; only our own user's processes may hand calls over."""
    stranger = os.getuid() + 1
    monkeypatch.setattr("os.getuid", lambda: stranger)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as bridge:
        bridge.settimeout(0)
        bridge.connect(str(house.path))

        assert await told(bridge) == b""

    assert house.visits.empty()


async def test_a_silent_visitor_does_not_stay(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who connects and says nothing is shown out."""
    monkeypatch.setattr(door_module, "PATIENCE_S", 0.01)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as bridge:
        bridge.settimeout(0)
        bridge.connect(str(house.path))

        assert await told(bridge) == b"?"
        assert await told(bridge) == b""


async def test_a_visitor_that_has_gone(house: House) -> None:
    """A bridge that died before the door opened leaves nothing behind."""
    before = open_descriptors()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as bridge:
        bridge.connect(str(house.path))
    with await house.knock():
        (await house.visits.get()).close()

    assert open_descriptors() == before


async def test_a_closed_door(house: House) -> None:
    """Bridges that knock after it fail at once."""
    house.door.close()

    with pytest.raises(FileNotFoundError):
        await house.knock()


async def test_a_path_that_a_crash_left(tmp_path: Path) -> None:
    """Opening takes the place of what is there, and lets nobody else in."""
    path = tmp_path / "old"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as left:
        left.bind(str(path))
    house = House(path)
    house.door.open()

    with await house.knock():
        (await house.visits.get()).close()

    assert path.stat().st_mode & 0o777 == 0o600
    house.door.close()


async def test_the_last_descriptors_belong_to_the_live_calls(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new call is refused at once; the bridge gives up, and the dialplan sends the caller elsewhere."""
    monkeypatch.setattr(door_module, "KEPT_FREE", resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as bridge:
        bridge.connect(str(house.path))
        bridge.settimeout(0)
        assert await told(bridge) == b""

    monkeypatch.setattr(door_module, "KEPT_FREE", 0)
    await house.knock()
    (await house.visits.get()).close()


async def test_not_one_descriptor_left(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The door does not spin, and opens by itself when there are descriptors again."""
    monkeypatch.setattr(door_module, "REST_S", 0.05)
    asked = []
    accept = socket.socket.accept

    def fails(self: socket.socket) -> object:
        asked.append(1)
        if len(asked) < 3:
            raise OSError(errno.EMFILE, "too many open files")
        return accept(self)

    monkeypatch.setattr(socket.socket, "accept", fails)

    await house.knock()

    (await house.visits.get()).close()
    assert len(asked) == 3
