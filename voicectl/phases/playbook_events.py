"""What a running playbook says, event by event: which task, what changed, and why it failed."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from voicectl.errors import ProvisionError
from voicectl.phases.reporter import Awaited, Reporter

_LAST_LINES: Final = 12
_ENDS: Final = frozenset({"runner_on_ok", "runner_on_failed", "runner_on_skipped", "runner_on_unreachable"})
_FAILURES: Final = frozenset({"runner_on_failed", "runner_on_unreachable", "runner_item_on_failed"})


class Events:
    """Takes notes while the playbook runs."""

    def __init__(self, now: Callable[[], float], awaited: Awaited, reporter: Reporter) -> None:
        """Start with nothing seen."""
        self._now, self._awaited, self._reporter = now, awaited, reporter
        self.changed: list[str] = []
        self.output = ""
        """What the last program printed that a task ran."""
        self.task = "its start"
        self.last_s = self.task_ended_s = now()
        self._failed = ""
        self._why: Mapping[str, Any] = {}
        self._said: list[str] = []

    def take(self, event: Mapping[str, Any]) -> bool:
        """ansible-runner's `event_handler`; False: nothing is written to disk, for results may hold passwords."""
        self.last_s = self._now()
        name, data = event.get("event", ""), event.get("event_data") or {}
        if name == "playbook_on_task_start":
            # Ansible puts the role before the name, "host : Make the users": where it stands is of no interest here.
            self.task = self._awaited.what = str(data.get("name") or "").rpartition(" : ")[2]
        elif name in _ENDS:
            self.task_ended_s = self.last_s
        if name in {"runner_on_ok", "runner_item_on_ok"}:
            self.output = str(_result(data).get("stdout") or "")
            self._note_change(name, data)
        elif name in _FAILURES and not data.get("ignore_errors"):
            self._failed, self._why = self.task, _result(data)
        elif name in _FAILURES:
            self._reporter.say(
                f"  left as it is: {self.task} ({_last_words(_first_failed(_result(data)))[-1].strip()})"
            )
        elif name in {"verbose", "error", "warning"} and event.get("stdout"):
            self._said = [*self._said, *str(event["stdout"]).splitlines()][-_LAST_LINES:]
        return False

    def _note_change(self, name: str, data: Mapping[str, Any]) -> None:
        result = _result(data)
        if not result.get("changed") or (name == "runner_on_ok" and "results" in result):
            return  # a loop's items were counted one by one
        label = result.get("_ansible_item_label")
        self.changed.append(f"{self.task}: {label}" if isinstance(label, str) else self.task)
        self._reporter.say(f"  changed: {self.changed[-1]}")

    def failure(self, playbook: str, why: str) -> ProvisionError:
        """The error that names the task; the program's last words are repeated before it."""
        words = _last_words(self._why) or self._said
        for line in words:
            self._reporter.say(f"  {line}")
        return ProvisionError(
            "E501",
            f'{playbook}, task "{self._failed or self.task}"',
            words[-1].strip() if words else why,
            fix="remove the cause, then run the same command again: it goes on from there",
        )


def _result(data: Mapping[str, Any]) -> Mapping[str, Any]:
    result = data.get("res")
    return result if isinstance(result, Mapping) else {}


def _first_failed(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of a loop the first item that failed."""
    return next((item for item in result.get("results") or () if item.get("failed")), result)


def _last_words(result: Mapping[str, Any]) -> list[str]:
    """What the program itself said last, or else what Ansible says about it."""
    message = str(result.get("msg") or "")
    program = next((str(result[key]) for key in ("stderr", "stdout") if str(result.get(key) or "").strip()), "")
    said = program if program and message in {"", "non-zero return code"} else message
    return said.strip().splitlines()[-_LAST_LINES:]
