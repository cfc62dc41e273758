"""Places a call through the synthetic phone, a process of the runtime's own environment."""

import json
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread
from typing import IO, Any, Final

from voicectl.errors import CallError, MachineError
from voicectl.render.places import Places

_GOODBYE_S: Final = 3.0


def place_call(
    places: Places,
    job: Mapping[str, object],
    *,
    timeout_s: float,
    progress: Callable[[str], None] = lambda _line: None,
) -> dict[str, Any]:
    """Place the calls that a job describes and return their document.

    Args:
        places: whose phone to ring.
        job: see `voicectl_runtime.caller.job`.
        timeout_s: the whole of it; the phone is then killed.
        progress: takes the phone's own lines as they come.

    Raises:
        MachineError: E450, another user's password is needed.
        CallError: E520, the phone could not be used; a call that nobody answers is a document, not an error.
    """
    _ensure_password_is_ours(places.secret("phone"))
    argv = [str(places.python("orchestrator")), "-m", "voicectl_runtime.caller", "--settings", str(places.settings)]
    try:
        phone = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/"
        )
    except OSError as error:
        problem = f"cannot be started ({error.strerror})"
        raise CallError("E520", argv[0], problem, fix="run `voicectl deploy`") from error
    with phone:
        try:
            return _converse(phone, json.dumps(job), timeout_s, progress)
        finally:
            _hang_up(phone)


def _ensure_password_is_ours(secret: Path) -> None:
    """Where there is none, nothing is deployed, and that is another error."""
    try:
        secret.open("rb").close()
    except PermissionError as error:
        problem = "the phone's password can be read by root alone"
        raise MachineError("E450", str(secret), problem, fix="run the same command with sudo") from error
    except OSError:
        return


def _hang_up(phone: "subprocess.Popen[str]") -> None:
    """Let the phone say goodbye to the agent, but not for long; one that has ended by itself notices nothing."""
    phone.terminate()
    try:
        phone.wait(_GOODBYE_S)
    except subprocess.TimeoutExpired:
        phone.kill()


def _converse(
    phone: "subprocess.Popen[str]", job: str, timeout_s: float, progress: Callable[[str], None]
) -> dict[str, Any]:
    last: deque[str] = deque(maxlen=1)
    listener = Thread(target=_listen, args=(phone.stderr, last, progress), daemon=True)
    listener.start()
    # `communicate` must not read what the listener reads.
    phone.stderr = None
    try:
        said, _ = phone.communicate(job, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise _failed(f"no result after {timeout_s:.0f} s", last) from None
    listener.join()
    try:
        document = json.loads(said)
    except ValueError:
        raise _failed(f"exit code {phone.returncode}", last) from None
    if not isinstance(document, dict):
        raise _failed("its result is no document", last)
    return document


def _listen(stream: IO[str] | None, last: deque[str], progress: Callable[[str], None]) -> None:
    with stream or open("/dev/null") as lines:  # noqa: PTH123 - narrows the type; it is always a pipe
        for line in lines:
            last.append(line.rstrip("\n"))
            progress(last[-1])


def _failed(problem: str, last: "deque[str]") -> CallError:
    words = f" ({last[-1]})" if last else ""
    return CallError(
        "E520", "the test phone", problem + words, fix="`voicectl logs orchestrator` shows the agent's side"
    )
