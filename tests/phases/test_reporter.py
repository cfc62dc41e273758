"""A slow step is never silent."""

from threading import Event

from tests.phases.fakes import Notes
from voicectl.phases.reporter import heartbeat


def test_heartbeat_names_what_is_awaited() -> None:
    """While the work goes on, a line says again and again what it waits for, also when that changes."""
    seen = {"first": Event(), "second": Event()}

    def note(message: str) -> None:
        for name, event in seen.items():
            if name in message:
                event.set()

    notes = Notes(on_say=note)

    with heartbeat(notes, "the first thing", every_s=0.001) as awaited:
        assert seen["first"].wait(10)
        awaited.what = "the second thing"
        assert seen["second"].wait(10)

    count = len(notes.lines)
    assert count >= 2
    assert len(notes.lines) == count
