"""The tool calls in what a model wrote: it should send them apart from its words, and often does not."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 4000
"""Characters; a call is a name and a few words."""
MOST_TRIES: Final = 8
"""Places at which a call is looked for."""

_DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True)
class ToolCall:
    """What the model wants, not yet looked at: neither the name nor the arguments need to be any of ours."""

    name: str
    arguments: Mapping[str, object]


NOTHING: Final = ToolCall("", {})
"""Stands for data that holds no call: it is of no use, and not for the caller's ears."""


def calls_in(written: str) -> list[ToolCall]:
    """The calls in a text: bare JSON, one object or a list, between tags or fences; never more than it holds."""
    calls: list[ToolCall] = []
    for document in _documents(written[:LONGEST]):
        each = document if isinstance(document, list) else [document]
        calls += [call for one in each if (call := call_of(one))]
    return calls


def call_of(document: object) -> ToolCall | None:
    """One call, in any of the shapes in which models write it."""
    if not isinstance(document, dict):
        return None
    inner = document.get("function", document)
    if not isinstance(inner, dict):
        return None
    name, arguments = inner.get("name"), inner.get("arguments", inner.get("parameters", {}))
    if isinstance(arguments, str):
        arguments = next(_documents(arguments[:LONGEST]), None)
    if not isinstance(name, str) or not isinstance(arguments, dict):
        return None
    return ToolCall(name, arguments)


def _documents(text: str) -> Iterator[object]:
    """JSON objects and lists, one after the other, with whatever stands between them."""
    at = 0
    for _ in range(MOST_TRIES):
        starts = [start for mark in "{[" if (start := text.find(mark, at)) >= 0]
        if not starts:
            return
        try:
            document, at = _DECODER.raw_decode(text, min(starts))
        except (ValueError, RecursionError):
            at = min(starts) + 1
        else:
            yield document
