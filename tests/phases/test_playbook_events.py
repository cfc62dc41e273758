"""What is made of a playbook's events."""

from typing import Any

import pytest

from tests.phases.fakes import Notes
from voicectl.phases.playbook_events import Events
from voicectl.phases.reporter import Awaited


@pytest.fixture
def notes() -> Notes:
    """Takes the lines."""
    return Notes()


@pytest.fixture
def events(notes: Notes) -> Events:
    """A playbook that has just begun."""
    events = Events(lambda: 0.0, Awaited("its start"), notes)
    events.take({"event": "playbook_on_task_start", "event_data": {"name": "host : Make the folders"}})
    return events


def result(event: str, **res: Any) -> dict[str, Any]:
    return {"event": event, "event_data": {"res": res}}


def test_nothing_is_written_to_disk(events: Events) -> None:
    """Results may hold passwords: ansible-runner is told to keep none of them."""
    assert events.take(result("runner_on_ok", changed=True)) is False


def test_changes_are_counted_one_by_one(events: Events) -> None:
    """A loop counts as many changes as it made, not one, and not one more for the loop itself."""
    events.take(result("runner_item_on_ok", changed=True, _ansible_item_label="/opt/a"))
    events.take(result("runner_item_on_ok", changed=False, _ansible_item_label="/opt/b"))
    events.take(result("runner_on_ok", changed=True, results=[{}, {}]))
    events.take(result("runner_on_ok", changed=False))

    assert events.changed == ["Make the folders: /opt/a"]


def test_failure_names_task_and_last_words(events: Events, notes: Notes) -> None:
    """The error is one line; what the program said stands before it."""
    events.take(result("runner_on_failed", msg="non-zero return code", stderr="one\nE: no space left\n", stdout="x"))

    error = events.failure("site.yml", "exit code 2")

    assert error.where == 'site.yml, task "Make the folders"'
    assert error.problem == "E: no space left"
    assert notes.lines == ["  one", "  E: no space left"]


def test_failure_that_may_be_is_told(events: Events, notes: Notes) -> None:
    """What a playbook goes on without is said once, with the reason, and is no failure."""
    refused = {"failed": True, "msg": "non-zero return code", "stderr": "permission denied"}
    event = result("runner_on_failed", msg="One or more items failed", results=[{"failed": False}, refused])
    event["event_data"]["ignore_errors"] = True
    events.take(event)

    assert notes.lines == ["  left as it is: Make the folders (permission denied)"]
    assert "permission" not in events.failure("site.yml", "exit code 2").problem


def test_module_that_fails_speaks_itself(events: Events) -> None:
    """Where no program ran, Ansible's own message is the reason."""
    events.take(result("runner_on_failed", msg="the folder is read-only"))

    assert events.failure("site.yml", "exit code 2").problem == "the folder is read-only"


def test_expected_failure_is_none(events: Events) -> None:
    """A task whose failure is ignored is not named when another one fails."""
    events.take({"event": "runner_on_failed", "event_data": {"res": {"msg": "fine"}, "ignore_errors": True}})

    assert events.failure("site.yml", "exit code 2").problem == "exit code 2"


def test_playbook_that_never_begins(notes: Notes) -> None:
    """Where not even a task started, what Ansible printed is the reason."""
    events = Events(lambda: 0.0, Awaited("its start"), notes)
    events.take({"event": "error", "stdout": "ERROR! no such role", "event_data": {}})

    assert events.failure("site.yml", "exit code 4").problem == "ERROR! no such role"
