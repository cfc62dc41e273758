"""One question that hangs or breaks costs its own answer and no other."""

import threading

from voicectl.hardware.facts import Unknown
from voicectl.hardware.probe import Probe, ask_all


def test_answers_come_by_name() -> None:
    """Every question is answered under its own name."""
    assert ask_all({"one": Probe(lambda: 1), "two": Probe(lambda: 2)}) == {"one": 1, "two": 2}


def test_a_hanging_probe_is_given_up_at_its_deadline() -> None:
    """An hour passes on the clock that was handed in, and none on the wall; the neighbour is still waited for."""
    never = threading.Event()
    clock = iter((100.0, 100.0, 3700.0))
    probes = {"quick": Probe(lambda: "here", deadline_s=60), "hangs": Probe(never.wait, deadline_s=3600)}

    answers = ask_all(probes, now=lambda: next(clock))
    never.set()

    assert answers == {"quick": "here", "hangs": Unknown("no answer within 3600 s")}


def test_a_breaking_probe_says_why() -> None:
    """The reason is kept for the operator; the neighbours do not notice."""

    def breaks() -> None:
        raise PermissionError(13, "Permission denied", "/root")

    answers = ask_all({"breaks": Probe(breaks), "works": Probe(lambda: True)})

    assert answers["works"] is True
    assert answers["breaks"] == Unknown("PermissionError: [Errno 13] Permission denied: '/root'")


def test_a_probe_that_times_out_by_itself_is_not_called_hanging() -> None:
    """A program that did not answer in its own time is a reason like any other."""

    def slow() -> None:
        raise TimeoutError("the engine did not answer")

    assert ask_all({"slow": Probe(slow)}) == {"slow": Unknown("the engine did not answer")}
