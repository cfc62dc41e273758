"""What the benchmark asks: the script's own phrasings, and the same in other words; or what a file holds."""

import random
import tomllib
from collections.abc import Iterator, Mapping
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any, Final

from voicectl.errors import ServiceError, UsageError

# No comma anywhere: flite pauses at one, and a pause may end the caller's turn.
_FRAMES: Final = ("{}", "hello {}", "please tell me {}", "excuse me {}", "one more question {}")
_QUESTIONS: Final = "questions"
_STAYS: Final = "none"
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
        UsageError: the file cannot be read, or holds no line.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("E105", str(file), f"cannot be read ({error})", fix="name a text file") from error
    asked = [question for line in lines if (question := line.strip())]
    if not asked:
        raise UsageError("E105", str(file), "holds no question", fix="write one in each line")
    return list(islice(cycle(asked), wanted))


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
