"""The bridge as Asterisk starts it: a process with pipes on 0, 1 and 3, and an orchestrator that the test plays."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

BRIDGE = Path(__file__).parents[3] / "runtime" / "voicectl_runtime" / "bridge.py"
ENVIRONMENT = (
    b"agi_request: bridge\nagi_channel: PJSIP/phone-0001\nagi_callerid: 1555\nagi_calleridname: J\xc3\xb6rg \xff\n"
    b"agi_accountcode: \nagi_enhanced: 1.0\nagi_arg_1: abc@host\n\n"
)


class Started:
    """A running bridge with the far ends of its pipes."""

    def __init__(self, path: Path, code: str | None = None) -> None:
        script = str(BRIDGE) if code is None else code
        replies, self.replies = os.pipe()
        self.commands, commands = os.pipe()
        audio, self.audio = os.pipe()

        self.process = subprocess.Popen(
            ["/usr/bin/python3", "-ISE", script, str(path), "call"],
            stdin=replies,
            stdout=commands,
            stderr=subprocess.PIPE,
            pass_fds=(3,),
            preexec_fn=lambda: os.dup2(audio, 3),  # noqa: PLW1509 - the only way to a chosen number; no threads here
        )
        for fd in (replies, commands, audio):
            os.close(fd)

    def status(self) -> int:
        """The exit status, waited for."""
        return self.process.wait(5)

    def commands_written(self) -> bytes:
        """What arrived where Asterisk reads commands; blocks until something did or every writer is gone."""
        return os.read(self.commands, 65536)

    def close(self) -> None:
        """End the process and the pipes."""
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
        for fd in (self.replies, self.commands, self.audio):
            os.close(fd)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[socket.socket]:
    """The orchestrator's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(str(tmp_path / "door"))
        listening.listen()
        listening.settimeout(5)
        yield listening


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start(stack: ExitStack, path: Path, environment: bytes = ENVIRONMENT, code: str | None = None) -> Started:
    bridge = Started(path, code)
    stack.callback(bridge.close)
    os.write(bridge.replies, environment)
    return bridge


def open_to(door: socket.socket) -> socket.socket:
    connection = door.accept()[0]
    connection.settimeout(5)
    connection.send(b"?")
    return connection


def take(stack: ExitStack, door: socket.socket) -> tuple[socket.socket, dict[str, object], list[int]]:
    connection = stack.enter_context(open_to(door))
    message, descriptors, _, _ = socket.recv_fds(connection, 65536, 3)
    for fd in descriptors:
        stack.callback(os.close, fd)
    return connection, json.loads(message), descriptors


def test_hands_over_descriptors_and_ends_well(door: socket.socket, tmp_path: Path, stack: ExitStack) -> None:
    """The orchestrator gets the environment and three live descriptors; b"0" ends the bridge with success."""
    bridge = start(stack, tmp_path / "door")
    connection, message, (replies, commands, audio) = take(stack, door)
    connection.send(b"A")
    os.write(bridge.replies, b"200 result=0\n")
    os.write(bridge.audio, b"\x01\x00")
    os.write(commands, b"NOOP\n")

    assert message["reason"] == "call"
    assert message["env"] == {
        "request": "bridge",
        "channel": "PJSIP/phone-0001",
        "callerid": "1555",
        "calleridname": "Jörg \ufffd",
        "accountcode": "",
        "enhanced": "1.0",
        "arg_1": "abc@host",
    }
    assert os.read(replies, 100) == b"200 result=0\n"
    assert os.read(audio, 100) == b"\x01\x00"
    assert bridge.commands_written() == b"NOOP\n"

    connection.send(b"0")

    assert bridge.status() == 0


def test_gives_up_its_own_copies(door: socket.socket, tmp_path: Path, stack: ExitStack) -> None:
    """Once accepted the bridge holds no descriptor of the channel: closing ours lets Asterisk free it."""
    bridge = start(stack, tmp_path / "door")
    with ExitStack() as ours:
        connection = stack.enter_context(open_to(door))
        _, descriptors, _, _ = socket.recv_fds(connection, 65536, 3)
        for fd in descriptors:
            ours.callback(os.close, fd)
        connection.send(b"A")

    # Blocks until the last writer is gone, which is the very thing that Asterisk waits for.
    assert bridge.commands_written() == b""
    assert bridge.process.poll() is None


@pytest.mark.parametrize("last", [b"", b"X"])
def test_orchestrator_lost_means_failure(door: socket.socket, tmp_path: Path, stack: ExitStack, last: bytes) -> None:
    """A closed socket or a word that means nothing ends with status 1, so that the dialplan apologises."""
    bridge = start(stack, tmp_path / "door")
    connection, _, _ = take(stack, door)
    connection.send(b"A")
    if last:
        connection.send(last)
    else:
        connection.close()

    assert bridge.status() == 1


@pytest.mark.parametrize(
    "environment",
    [
        b"agi_request bridge\n\n",
        b"agi_request: a\nagi_evil: b\n\n",
        b"agi_request: a\nagi_arg_x: b\n\n",
        b"request: a\n\n",
        b"agi_request: a\nagi_request: b\n\n",
        b"agi_request: a\x1b[2J\n\n",
        b"agi_request: a\x00\n\n",
        b"agi_request: a\xc2\x85\n\n",
        b"agi_request: a\r\n\n",
        b"agi_request: a\n\n200 result=0\n",
        b"\n",
    ],
)
def test_refuses_a_false_environment(tmp_path: Path, stack: ExitStack, environment: bytes) -> None:
    """What Asterisk does not write, a caller has smuggled in: no hand-over, status 1."""
    assert start(stack, tmp_path / "nobody-listens", environment).status() == 1


def test_refuses_a_long_line(tmp_path: Path, stack: ExitStack) -> None:
    """A line of a megabyte is not read to its end."""
    bridge = Started(tmp_path / "door")
    stack.callback(bridge.close)

    assert os.write(bridge.replies, b"agi_request: " + b"x" * 1_000_000) < 1_000_000
    assert bridge.status() == 1


def test_refuses_an_environment_without_end(tmp_path: Path, stack: ExitStack) -> None:
    """Without the blank line it waits two seconds and no longer."""
    began = time.monotonic()

    assert start(stack, tmp_path / "door", b"agi_request: a\n").status() == 1
    assert 1.9 < time.monotonic() - began < 3


@pytest.mark.parametrize("case", ["missing", "refused", "silent"])
def test_gives_up_on_an_absent_orchestrator(door: socket.socket, tmp_path: Path, stack: ExitStack, case: str) -> None:
    """No socket, nobody behind it, or no answer: status 1 within half a second."""
    if case == "refused":
        door.close()
    began = time.monotonic()

    assert start(stack, tmp_path / ("nothing" if case == "missing" else "door")).status() == 1
    # The figure of 500 ms is measured on an idle machine; the margin is for a test machine that is not.
    assert time.monotonic() - began < 1.0


def test_an_orchestrator_that_hangs_gets_nothing(door: socket.socket, tmp_path: Path, stack: ExitStack) -> None:
    """Descriptors in the queue of one that hangs would keep the channel, and its caller in silence."""
    bridge = start(stack, tmp_path / "door")

    assert bridge.status() == 1
    assert bridge.commands_written() == b""
    with door.accept()[0] as connection:
        assert connection.recv(65536) == b""


@pytest.mark.parametrize("word", [b"", b"X"])
def test_a_door_that_does_not_open(door: socket.socket, tmp_path: Path, stack: ExitStack, word: bytes) -> None:
    """Shown out, or greeted by something that is no orchestrator: status 1, and nothing is handed over."""
    bridge = start(stack, tmp_path / "door")
    with door.accept()[0] as connection:
        if word:
            connection.send(word)

    assert bridge.status() == 1


def test_noise_on_stdout_never_reaches_asterisk(tmp_path: Path, stack: ExitStack) -> None:
    """Four hundred quoted words, from Python or from a child, go to the log and not to the PBX."""
    noise = tmp_path / "noise.py"
    words = '"<b>word</b>" ' * 400
    noise.write_text(
        BRIDGE.read_text(encoding="utf-8").replace(
            "import select", f"os.system('echo noise'); print({words!r}, flush=True)\nimport select"
        ),
        encoding="utf-8",
    )
    bridge = start(stack, tmp_path / "door", code=str(noise))

    assert bridge.status() == 1
    assert bridge.commands_written() == b""
    assert bridge.process.stderr is not None
    assert b"<b>word</b>" in bridge.process.stderr.read()


def test_dies_with_the_hang_up(door: socket.socket, tmp_path: Path, stack: ExitStack) -> None:
    """SIGHUP keeps its default action, and the orchestrator sees the socket close."""
    bridge = start(stack, tmp_path / "door")
    connection, _, _ = take(stack, door)
    bridge.process.send_signal(1)

    assert connection.recv(1) == b""
    assert bridge.status() == -1
