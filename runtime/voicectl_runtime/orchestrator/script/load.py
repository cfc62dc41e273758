"""Reads a dialogue script and refuses what could not be spoken or found, naming file, line and key."""

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Final, cast

from voicectl_runtime.orchestrator.agi import KEYS
from voicectl_runtime.orchestrator.script.dialogue import (
    ACTIONS,
    PLACEHOLDERS,
    Action,
    Answer,
    Phrases,
    Script,
    placeholders,
)
from voicectl_runtime.orchestrator.wanted_digits import MOST_DIGITS

LONGEST_SENTENCE: Final = 600
"""Characters: half a minute of speech, after which every caller has hung up."""

WORDLESS: Final = frozenset({"yes", "no", "repeat"})
"""Actions whose words come from the conversation and not from the script."""

REACHING: Final = frozenset({"transfer", "offer"})
"""Actions that need a person."""


class ScriptError(Exception):
    """The dialogue script says something that the agent cannot do; the message is one line for the operator."""


def load_script(path: Path, look_ups: Collection[str] = ()) -> Script:
    """Read a script, which may ask these look-ups with digits that a caller types.

    Raises:
        ScriptError: the file cannot be read, or a key is unknown, missing, empty or of the wrong type.
    """
    return _Reader(path, look_ups).script()


class _Reader:
    """One file being read: it knows where each key stands, so that an error can say so."""

    def __init__(self, path: Path, look_ups: Collection[str]) -> None:
        self._path, self._look_ups = path, look_ups
        try:
            self._text = path.read_text(encoding="utf-8")
            self._document = tomllib.loads(self._text)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ScriptError(f"{path}: {error}") from error

    def script(self) -> Script:
        self._ensure_known("", self._document, {"phrases", "answers", "unrelated", "keys"})
        sections = self._table("", self._document, "answers")
        answers = tuple(self._answer(key, sections) for key in sections)
        for needed in ("yes", "no"):
            if needed not in sections:
                raise self._error("answers", needed, "is missing: the agent could not understand a reply to its offer")
        self._ensure_no_question_twice(answers)
        return Script(answers, self._phrases(), self._unrelated(), self._keys(sections))

    def _unrelated(self) -> tuple[str, ...]:
        if "unrelated" not in self._document:
            return ()
        table = self._table("", self._document, "unrelated")
        self._ensure_known("unrelated", table, {"questions"})
        return self._sentences("unrelated", table, "questions")

    def _keys(self, answers: Mapping[str, Any]) -> Mapping[str, str]:
        if "keys" not in self._document:
            return {}
        table = self._table("", self._document, "keys")
        self._ensure_known("keys", table, set(KEYS))
        for key, answer_id in table.items():
            if not isinstance(answer_id, str) or answer_id not in answers:
                raise self._error("keys", key, f"{answer_id!r} is not the name of an answer")
        return table

    def _phrases(self) -> Phrases:
        table = self._table("", self._document, "phrases")
        known = {field.name: field.default is MISSING for field in fields(Phrases)}
        self._ensure_known("phrases", table, set(known))
        wanted = {name for name, is_needed in known.items() if is_needed or name in table} - {"filler"}
        said: dict[str, Any] = {name: self._sentence("phrases", table, name) for name in wanted}
        return Phrases(filler=self._sentences("phrases", table, "filler"), **said)

    def _answer(self, key: str, sections: Mapping[str, Any]) -> Answer:
        section, table = f"answers.{key}", self._table("answers", sections, key)
        self._ensure_known(section, table, {field.name for field in fields(Answer)} - {"id"})
        action = table.get("action", _default("action"))
        if action not in ACTIONS:
            raise self._error(section, "action", f"{action!r} is not one of {', '.join(ACTIONS)}")
        if (key in {"yes", "no"} or action in {"yes", "no"}) and key != action:
            raise self._error(section, "action", f"{action!r}: only the answers `yes` and `no` have it, and they must")
        say = self._sentence(section, table, "say") if action not in WORDLESS or "say" in table else ""
        person = table.get("person", _default("person"))
        if not isinstance(person, str) or (person and action not in REACHING):
            raise self._error(
                section, "person", "names whom `transfer` or `offer` reaches, and stands only beside these"
            )
        digits = self._digits(section, table, action)
        return Answer(key, self._sentences(section, table, "questions"), say, cast("Action", action), person, *digits)

    def _digits(self, section: str, table: Mapping[str, Any], action: str) -> tuple[int, str]:
        for key in {"most_digits", "look_up"} & set(table):
            if action != "digits":
                raise self._error(section, key, "stands only beside the action `digits`")
        most, look_up = table.get("most_digits", _default("most_digits")), table.get("look_up", _default("look_up"))
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MOST_DIGITS:
            raise self._error(section, "most_digits", f"must be a whole number from 1 to {MOST_DIGITS}")
        if not isinstance(look_up, str) or (look_up and look_up not in self._look_ups):
            problem = f'{look_up!r} is no section of [look_ups] in voicectl.toml with arguments = ["digits"]'
            raise self._error(section, "look_up", problem)
        return most, look_up

    def _ensure_no_question_twice(self, answers: tuple[Answer, ...]) -> None:
        owner: dict[str, str] = {}
        for answer in answers:
            for question in answer.questions:
                first = owner.setdefault(question.casefold(), answer.id)
                if first != answer.id:
                    problem = f"{question!r} belongs to answers.{first} too; a caller can have only one answer"
                    raise self._error(f"answers.{answer.id}", "questions", problem)

    def _sentences(self, section: str, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        found = table.get(key)
        if not isinstance(found, list) or not found:
            raise self._error(section, key, "must be a list of at least one sentence")
        return tuple(self._sentence(section, {key: sentence}, key) for sentence in found)

    def _sentence(self, section: str, table: Mapping[str, Any], key: str) -> str:
        found = table.get(key)
        if not isinstance(found, str) or not found.strip():
            raise self._error(section, key, "must be a sentence" if key in table else "is missing")
        if not found.isprintable():
            raise self._error(section, key, "holds a line break or a control character")
        if len(found) > LONGEST_SENTENCE:
            raise self._error(
                section, key, f"has {len(found)} characters; no caller listens to over {LONGEST_SENTENCE}"
            )
        try:
            unknown = placeholders(found) - PLACEHOLDERS
        except ValueError as error:
            raise self._error(section, key, str(error)) from error
        if unknown:
            known = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
            raise self._error(section, key, f"{{{unknown.pop()}}} is not one of {known}")
        return found.strip()

    def _table(self, section: str, parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        found = parent.get(key)
        if not isinstance(found, dict) or not found:
            raise self._error(section, key, "must be a table" if key in parent else "is missing")
        return found

    def _ensure_known(self, section: str, table: Mapping[str, Any], names: set[str]) -> None:
        for key in table:
            if key not in names:
                nearest = difflib.get_close_matches(key, names, 1)
                problem = f"is not known; did you mean {nearest[0]}?" if nearest else "is not known"
                raise self._error(section, key, problem)

    def _error(self, section: str, key: str, problem: str) -> ScriptError:
        full = f"{section}.{key}" if section else key
        return ScriptError(f"{self._path}:{self._line(section, key)}: {full}: {problem}")

    def _line(self, section: str, key: str) -> int:
        """Where a key stands; tomllib does not tell, so: the key after its section's header, or the nearest to it."""
        lines = self._text.splitlines()
        header = _first(lines, rf"\s*\[{re.escape(section)}\]", 0, len(lines)) if section else 0
        start = header or 0
        end = _first(lines, r"\s*\[", start + 1, len(lines)) or len(lines)
        under = re.escape(f"{section}.{key}" if section else key)
        place = _first(lines, rf"\s*\"?{re.escape(key)}\"?\s*=", start, end)
        if place is None:
            place = _first(lines, rf"\s*\[{under}[\].]", 0, len(lines))
        return (start if place is None else place) + 1


def _first(lines: list[str], pattern: str, start: int, end: int) -> int | None:
    """The first line between the two that begins with the pattern."""
    return next((number for number in range(start, end) if re.match(pattern, lines[number])), None)


def _default(name: str) -> Any:
    """What an answer has where the file is silent."""
    default = next(field.default for field in fields(Answer) if field.name == name)
    assert default is not MISSING  # noqa: S101 - asked only for the optional fields
    return default
