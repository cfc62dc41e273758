"""The dialogue script as frozen data: what the agent may say without a language model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from string import Formatter
from typing import Final, Literal, get_args

from voicectl_runtime.orchestrator.wanted_digits import MOST_DIGITS

Action = Literal["none", "yes", "no", "offer", "repeat", "transfer", "message", "digits", "goodbye"]
"""What happens beside the answer.

`offer`: the answer itself asks whether to put the caller through, and `yes` then does. `message`: the answer itself
asks for the message, and the next turn is taken down. `digits`: the answer itself asks the caller to type a number.
`yes` and `no` count only when something was offered.
"""

ACTIONS: Final[tuple[str, ...]] = get_args(Action)

PLACEHOLDERS: Final = frozenset({"business", "name", "person"})
"""What a sentence may leave open: the business, the agent's own name, the person whom a transfer reaches."""


@dataclass(frozen=True)
class Answer:
    """One thing that the business is asked, with what it says then."""

    id: str
    questions: tuple[str, ...]
    say: str
    action: Action = "none"
    person: str = ""
    """Whom `transfer` and `offer` reach: a key of the settings' people; empty means the first one."""
    most_digits: int = MOST_DIGITS
    """How many `digits` takes."""
    look_up: str = ""
    """Which of the settings' look-ups `digits` asks with what was typed; empty means that the record keeps it."""


@dataclass(frozen=True)
class Phrases:
    """What the agent says of its own accord."""

    not_understood: str
    offer_person: str
    offer_message: str
    """In place of `offer_person` where there is nobody to transfer to."""
    still_there: str
    goodbye: str
    apology: str
    nobody_free: str
    take_message: str
    message_taken: str
    filler: tuple[str, ...]
    """Said when an answer takes longer than the caller should wait in silence."""
    hold: str = "All lines are busy at the moment. Please hold, you will be answered in turn."
    """Said to whom has to wait for a place."""
    type_digits: str = "Please type the number on the keys of your telephone, and then press the hash key."
    """Said where a language model wants digits and does not say so."""
    digits_taken: str = "Thank you. I have written that down."
    """Said when digits were typed that the record keeps."""

    def with_names(self, names: Mapping[str, str]) -> "Phrases":
        """The same with the placeholders filled."""
        said = {each.name: fill(getattr(self, each.name), names) for each in fields(self) if each.name != "filler"}
        return replace(self, filler=tuple(fill(each, names) for each in self.filler), **said)


@dataclass(frozen=True)
class Script:
    """A whole dialogue script; `yes` and `no` are always among its answers."""

    answers: tuple[Answer, ...]
    phrases: Phrases
    unrelated: tuple[str, ...] = ()
    """What sounds near to a question but is none for this business: the nearest of these wins over an answer."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """What the keys of the caller's telephone stand for: answers, by their ids."""

    def answer(self, answer_id: str) -> Answer:
        """The answer that a match named."""
        return next(answer for answer in self.answers if answer.id == answer_id)

    def with_names(self, **names: str) -> "Script":
        """The script with its placeholders filled: every sentence is then ready to be spoken and cached."""
        answers = tuple(replace(answer, say=fill(answer.say, names)) for answer in self.answers)
        return replace(self, answers=answers, phrases=self.phrases.with_names(names))


def fill(text: str, names: Mapping[str, str]) -> str:
    """Replace `{business}` and its like; a name that is not given stays as it stands, and so does one in a name."""
    return re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], found[0]), text)


def placeholders(text: str) -> set[str]:
    """The names that a sentence leaves open.

    Raises:
        ValueError: a brace that is never closed.
    """
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
