"""How the findings of `doctor` look to a person: by group, with the fix under each problem."""

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from rich.text import Text

from voicectl.doctor.check import Check, Finding
from voicectl.doctor.examine import Report

_STYLES: Final = {"ok": "green", "warn": "yellow", "fail": "bold red", "skip": "dim", "unknown": "magenta"}
_SYMBOLS: Final = {"ok": "✓", "warn": "!", "fail": "✗", "skip": "-", "unknown": "?"}
_PLAIN_SYMBOLS: Final = {**_SYMBOLS, "ok": "+", "fail": "X"}
_ID_WIDTH: Final = 21
_INDENT: Final = " " * (4 + _ID_WIDTH)


def picture_of_report(report: Report) -> Text:
    """The whole report, the summary last, where the eye is."""
    lines = [*_grouped(report.findings), *_summary(report)]
    return Text("\n").join(lines)


def picture_of_checks(checks: Sequence[Check]) -> Text:
    """What `--list` shows: one check a line, and why it is asked."""
    lines = [Text.assemble((f"{one.id:{_ID_WIDTH}}", "bold"), " ", _mark(one), one.why) for one in checks]
    return Text("\n").join(lines)


def _mark(one: Check) -> str:
    return "(blocking) " if one.blocking else ""


def _grouped(findings: Sequence[Finding]) -> Iterator[Text]:
    symbols = _SYMBOLS if (sys.stdout.encoding or "").lower().startswith("utf") else _PLAIN_SYMBOLS
    for group, members in groupby(findings, key=lambda one: one.group):
        found = list(members)
        yield Text(group, style="bold")
        if len(found) > 1 and all(one.status == "skip" for one in found):  # fifteen lines to say that there is no GPU
            yield Text.assemble(("  - ", "dim"), f"{f'{len(found)} checks':{_ID_WIDTH}}", (found[0].seen, "dim"))
            continue
        for one in found:
            symbol = (f"  {symbols[one.status]} ", _STYLES[one.status])
            yield Text.assemble(symbol, f"{one.id:{_ID_WIDTH}}", (one.seen, "dim" if one.status == "skip" else ""))
            yield from _explained(one)


def _explained(one: Finding) -> Iterator[Text]:
    """What a person needs to act, for a finding that is not as it should be."""
    if one.status in {"ok", "skip"}:
        return
    if one.expected:
        yield Text(f"{_INDENT}expected: {one.expected}")
    yield Text(f"{_INDENT}why:      {one.why}")
    if one.fix is not None:
        yield Text(f"{_INDENT}fix:      {one.fix.text}")
        for command in one.fix.commands:
            yield Text(f"{_INDENT}          {command}", style="cyan")


def _summary(report: Report) -> Iterator[Text]:
    counts = ", ".join(f"{count} {status}" for status, count in report.summary.items() if count)
    plural = "" if len(report.findings) == 1 else "s"
    yield Text(f"\n{len(report.findings)} check{plural}: {counts or 'none chosen'}")
    if report.obstacles:
        names = ", ".join(one.id for one in report.obstacles)
        yield Text(f"In the way: {names}. Fix that, then run `voicectl doctor` again.", style="bold red")
    else:
        yield Text("Nothing stands in the way. Next: voicectl plan", style="bold")
