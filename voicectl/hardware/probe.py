"""Asks many questions of a machine at once; one that hangs or breaks costs its own answer and no other."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from voicectl.hardware.facts import Unknown


@dataclass(frozen=True)
class Probe:
    """One question, and how long its answer is waited for."""

    ask: Callable[[], Any]
    deadline_s: float = 1.5


def ask_all(probes: Mapping[str, Probe], now: Callable[[], float] = time.monotonic) -> dict[str, Any]:
    """Answers by name; `Unknown` with the reason where there is none."""
    started_s = now()
    pending = {name: _start(name, probe) for name, probe in probes.items()}
    return {
        name: _answer(answer, probes[name].deadline_s, started_s + probes[name].deadline_s - now())
        for name, answer in pending.items()
    }


def _start(name: str, probe: Probe) -> "Future[Any]":
    answer: Future[Any] = Future()

    def run() -> None:
        try:
            answer.set_result(probe.ask())
        except Exception as error:  # noqa: BLE001 - whatever breaks here must not stop the other questions
            answer.set_exception(error)

    # A daemon: a read from a dead network file system never returns, and must not keep the program from ending.
    threading.Thread(target=run, name=f"probe-{name}", daemon=True).start()
    return answer


def _answer(answer: "Future[Any]", deadline_s: float, left_s: float) -> Any:
    try:
        return answer.result(timeout=max(0.0, left_s))
    except TimeoutError as error:
        # A probe's own time-out and ours are one class; only ours leaves the question open.
        return Unknown(f"{error}" if answer.done() else f"no answer within {deadline_s:g} s")
    except Exception as error:  # noqa: BLE001 - the reason is the answer
        return Unknown(f"{type(error).__name__}: {error}")
