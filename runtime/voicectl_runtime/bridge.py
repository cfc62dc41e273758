#!/usr/bin/python3 -ISE
"""The EAGI bridge: hands a call's descriptors to the orchestrator, then only waits for it to say what becomes of it.

It is started for every call, so it imports next to nothing, and it knows nothing but the standard library.
Usage: bridge.py [ARGUMENT...] SOCKET REASON
(Asterisk repeats every argument in the AGI environment; those before SOCKET are there for the orchestrator.)
"""

import os
import sys

COMMANDS = 1
if __name__ == "__main__":
    # Asterisk takes every byte on descriptor 1 for a command, and one bad line can bring it down with every call.
    # So the very first act is to move that descriptor out of anybody's reach; a stray print ends up in the log.
    COMMANDS = os.dup(1)
    os.dup2(2, 1)

import select  # noqa: E402 - descriptor 1 is guarded before anything else can write to it
import time  # noqa: E402 - the same

REPLIES, AUDIO = 0, 3
ENVIRONMENT_S = 2.0
ENVIRONMENT_BYTES = 65536
ACCEPT_S = 0.45
"""Together with its start the bridge gives up within half a second."""
KNOWN = frozenset(
    (
        *("request", "channel", "language", "type", "uniqueid", "version", "callerid", "calleridname", "callingpres"),
        *("callingani2", "callington", "callingtns", "dnid", "rdnis", "context", "extension", "priority", "enhanced"),
        *("accountcode", "threadid"),
    )
)


class Refused(Exception):  # noqa: N818 - it reads as what happened
    """The call is not handed over; the dialplan plays the apology."""


def read_environment(source: int) -> dict[str, str]:
    """Read the AGI environment up to its blank line, and not a byte further."""
    deadline = time.monotonic() + ENVIRONMENT_S
    text = b""
    while not (text.endswith(b"\n\n") or text == b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([source], [], [], left)[0]:
            raise Refused("the AGI environment did not end in time")
        chunk = os.read(source, ENVIRONMENT_BYTES)
        text += chunk
        if not chunk or len(text) > ENVIRONMENT_BYTES or b"\n\n" in text[:-2]:
            raise Refused("the AGI environment is cut off, too long, or goes on after its blank line")
    return parse_environment(text[:-1])


def parse_environment(text: bytes) -> dict[str, str]:
    """`agi_name: value` lines as a dictionary; whatever a caller could have smuggled in is refused."""
    found: dict[str, str] = {}
    # Only a newline ends a line here: splitlines() would also split at characters that a caller may send.
    for line in text.decode("utf-8", "replace").split("\n")[:-1]:
        name, colon, value = line.partition(": ")
        key = name.removeprefix("agi_")
        if not colon or key == name or not (key in KNOWN or is_argument(key)):
            raise Refused("a line of the AGI environment is not one that Asterisk writes")
        if key in found or any(is_control(character) for character in line):
            raise Refused("the AGI environment has a key twice or a control character")
        found[key] = value
    if not found:
        raise Refused("the AGI environment is empty")
    return found


def is_control(character: str) -> bool:
    """Whether the character could split a line or steer a terminal (C0, DEL and C1)."""
    return character < " " or "\x7f" <= character < "\xa0"


def is_argument(key: str) -> bool:
    """Whether the key is `arg_1` and its like."""
    return key.startswith("arg_") and key[4:].isascii() and key[4:].isdigit()


def hand_over(path: str, reason: str, environment: dict[str, str]) -> int:
    """Give the call away and wait for its end; returns the exit status."""
    import json  # noqa: PLC0415 - only a call that passed the checks pays for these two
    import socket  # noqa: PLC0415

    if COMMANDS == AUDIO:
        raise Refused("there is no audio on descriptor 3; the dialplan must use EAGI, not AGI")
    message = json.dumps({"reason": reason, "env": environment}).encode()
    deadline = time.monotonic() + ACCEPT_S
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as orchestrator:
        orchestrator.settimeout(ACCEPT_S)
        orchestrator.connect(path)
        # Descriptors that wait in the queue of an orchestrator that hangs would keep the channel, and the caller in
        # silence, for as long as it hangs. So nothing is handed over before the orchestrator has shown that it lives.
        if orchestrator.recv(16) != b"?":
            raise Refused("the orchestrator did not open")
        socket.send_fds(orchestrator, [message], [REPLIES, COMMANDS, AUDIO])
        orchestrator.settimeout(max(0.001, deadline - time.monotonic()))
        if orchestrator.recv(16) != b"A":
            raise Refused("the orchestrator did not take the call")
        # Asterisk keeps a channel until every copy of its descriptors is closed: ours must not outlive this.
        for descriptor in (REPLIES, COMMANDS, AUDIO):
            os.close(descriptor)
        orchestrator.settimeout(None)
        return 0 if orchestrator.recv(16) == b"0" else 1


def main() -> int:
    """Exit status: 0 only when the orchestrator said so; the dialplan catches all others."""
    try:
        *_, path, reason = sys.argv
        return hand_over(path, reason, read_environment(REPLIES))
    except (OSError, ValueError, Refused) as error:
        sys.stderr.write(f"voicectl bridge: {error}\n")
        return 1


if __name__ == "__main__":
    # Asterisk may close stdout's other end first; leaving this way flushes nothing and cannot fail.
    os._exit(main())
