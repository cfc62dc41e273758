"""Machines as data: facts as `doctor` would gather them, one file each, named for its one peculiarity."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from voicectl.hardware.facts import Facts, facts_from_dict

FOLDER = Path(__file__).parent
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def machine(name: str, **changed: Any) -> Facts:
    """The facts of one machine, with some of them replaced."""
    facts = facts_from_dict(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))
    return replace(facts, **changed)


def change(fact: Any, **changed: Any) -> Any:
    """One fact with some of its fields replaced; unknown facts have no fields."""
    return replace(fact, **changed)
