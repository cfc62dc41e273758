"""What the benchmark asks: the script's own phrasings, and the same in other words; or what a file holds."""

import random
import tomllib
from collections.abc import Iterator, Mapping
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any, Final

from voicectl.config.find import read_regular_file
from voicectl.config.refused import shown
from voicectl.errors import ServiceError, UsageError

# No comma anywhere: flite pauses at one, and a pause may end the caller's turn.
_FRAMES: Final = ("{}", "hello {}", "please tell me {}", "excuse me {}", "one more question {}")
_QUESTIONS: Final = "questions"
_STAYS: Final = "none"
_LONGEST_QUESTION: Final = 300
"""Characters: twenty seconds of speech, after which the turn is over (`bench.job`)."""
_FIXED_SEED: Final = 3  # the same questions in the same order on every machine, so that figures can be compared


def questions_of(script: Path, wanted: int) -> list[str]:
    """That many questions, every answer's before any comes a second time.

    Raises:
        ServiceError: the script cannot be read, or holds no questions.
    """
    try:
        document = tomllib.loads(script.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ServiceError(
            "E551", str(script), f"the script cannot be read ({error})", fix="voicectl deploy"
        ) from error
    asked = [phrasings for phrasings in _phrasings(document) if phrasings]
    if not asked:
        raise ServiceError("E552", str(script), "the script holds no questions", fix="add some, then voicectl deploy")
    return list(islice(_varied(asked), wanted))


def questions_in(file: Path, wanted: int) -> list[str]:
    """That many questions out of a file of the operator's, one a line, in its order and then from its top again.

    Raises:
        UsageError: the file is not there, holds no line, or one that nobody could say.
        ConfigError: it cannot be read.
    """
    lines = read_regular_file(file, fix="name a text file").split("\n")
    asked = [spoken(line.strip(), f"{file}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not asked:
        raise UsageError("E105", str(file), "holds no question", fix="write one in each line")
    return list(islice(cycle(asked), wanted))


def spoken(question: str, where: str) -> str:
    """The text, which a voice can say.

    Raises:
        UsageError: E105, it has no words, holds what is no text, or takes longer than a turn.
    """
    if len(question) > _LONGEST_QUESTION or not question.isprintable() or not any(map(str.isalnum, question)):
        problem = f"nothing that a caller could say ({shown(question)})"
        raise UsageError("E105", where, problem, fix=f"use words, at most {_LONGEST_QUESTION} characters a line")
    return question


def _phrasings(node: Mapping[str, Any]) -> Iterator[list[str]]:
    """Every list of questions, wherever the script keeps it, of answers that leave the caller on the line."""
    found = node.get(_QUESTIONS)
    if isinstance(found, list) and "say" in node and node.get("action", _STAYS) == _STAYS:
        yield [question for question in found if isinstance(question, str)]
    for child in node.values():
        if isinstance(child, dict):
            yield from _phrasings(child)


def _varied(asked: list[list[str]]) -> Iterator[str]:
    """Round after round through the answers; each round takes the next phrasing, and the next frame around it."""
    chance = random.Random(_FIXED_SEED)  # noqa: S311 - order, not secrecy
    for number in count():
        order = [phrasings[number % len(phrasings)] for phrasings in asked]
        chance.shuffle(order)
        yield from (_FRAMES[number % len(_FRAMES)].replace("{}", question) for question in order)
