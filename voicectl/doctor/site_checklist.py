"""What no program can see: a list for a person to walk through the room with, to date and to sign."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from textwrap import fill
from typing import Final

from voicectl.paths import SITE_CHECKLIST

SCHEMA: Final = "voicectl.site-checklist/1"
_WIDTH: Final = 78
_INDENT: Final = " " * 10


@dataclass(frozen=True)
class Item:
    """One thing to look at."""

    group: str
    look: str
    why: str


def load_items() -> tuple[Item, ...]:
    """The list that ships with voicectl."""
    rows = tomllib.loads(SITE_CHECKLIST.read_text(encoding="utf-8"))["item"]
    return tuple(Item(**row) for row in rows)


def site_document(today: date, machine: str) -> dict[str, object]:
    """The list as a document."""
    items = [{"group": item.group, "look": item.look, "why": item.why} for item in load_items()]
    return {"ok": True, "date": today.isoformat(), "machine": machine, "items": items}


def site_page(today: date, machine: str) -> str:
    """The list as a page of plain text, to print."""
    return "\n".join(_lines(today, machine))


def _lines(today: date, machine: str) -> Iterator[str]:
    yield f"What no program can see: {machine}, {today.isoformat()}"
    yield "=" * _WIDTH
    number = 0
    for group, items in groupby(load_items(), key=lambda item: item.group):
        yield f"\n{group}"
        for item in items:
            number += 1
            yield fill(f"  [ ] {number:2}. {item.look}", _WIDTH, subsequent_indent=_INDENT)
            yield fill(f"{_INDENT}({item.why})", _WIDTH, subsequent_indent=_INDENT)
    yield "\nNot as it should be, who mends it, until when:\n"
    yield from ["_" * _WIDTH + "\n"] * 3
    yield f"Looked at by (name, signature): {'_' * (_WIDTH - 32)}\n"
    yield f"Date: {'_' * 19}   Next time, at the latest: {'_' * 24}"
