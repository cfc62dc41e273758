"""How logs look to a person: lines, the list of calls, one call."""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from rich.text import Text

from voicectl.logs.log_line import LogLine
from voicectl.logs.safe_text import escaped

_COLOURS: Final = {"DEBUG": "2", "VERBOSE": "2", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}
_COLUMNS: Final = (("call", 24), ("caller", 18), ("started", 20), ("lasted", 8), ("turns", 6), ("ended by", 10))


def write_line(line: LogLine, *, as_json: bool) -> None:
    """One line of a stream, at once: whoever follows a log waits for it."""
    if as_json:
        sys.stdout.write(json.dumps(line.to_dict(), ensure_ascii=False, default=str) + "\n")
    else:
        colour = _COLOURS.get(line.level) if sys.stdout.isatty() else None
        text = line.to_text()
        sys.stdout.write(f"\x1b[{colour}m{text}\x1b[0m\n" if colour else f"{text}\n")
    sys.stdout.flush()


def picture_of_calls(document: Mapping[str, Any]) -> Text:
    """The list, a call a line."""
    lines = [Text("".join(f"{name:<{width}}" for name, width in _COLUMNS).rstrip(), style="bold")]
    for call in document["calls"]:
        cells = (call["id"], _who(call), _clock(call["started"]), _lasted(call), str(call["turns"]), _end(call))
        row = "".join(
            f"{escaped(cell)[: width - 1]:<{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True)
        )
        lines.append(Text(row.rstrip()))
    lines.append(Text("\nOne call as a timeline: voicectl logs --call ID", style="dim"))
    return Text("\n").join(lines)


def picture_of_one_call(call: Mapping[str, Any]) -> Text:
    """Who called, what was said, and where the time went."""
    lines = [
        Text.assemble(("Call ", "bold"), escaped(call["id"]), (f" from {escaped(_who(call))}", "")),
        Text(f"{_clock(call['started'])}, {_lasted(call)}, ended by: {_end(call)}"),
    ]
    if call["degraded"]:
        lines.append(Text(f"degraded: {escaped(call['degraded'])}", style="yellow"))
    for turn in call["turns"]:
        lines += [Text(), *_turn(turn)]
    if call["events"]:
        lines += [Text(), Text("What happened (ms since the first event)", style="bold"), *map(_event, call["events"])]
    if call["recording"]:
        lines += [Text(), Text(f"Recording: {escaped(call['recording'])}")]
    return Text("\n").join(lines)


def _turn(turn: Mapping[str, Any]) -> Iterator[Text]:
    first = f"{turn['number']:>3}"
    if turn["said"]:  # the greeting answers nobody
        yield Text.assemble((f"{first}  caller  ", "bold cyan"), escaped(turn["said"]))
        first = f"{'':3}"
    how = f"  ({turn['source']}{', interrupted' if turn['interrupted'] else ''})"
    yield Text.assemble((f"{first}  agent   ", "bold green"), escaped(turn["answer"] or ""), (escaped(how), "dim"))
    for name, at_ms in sorted(turn["timeline_ms"].items(), key=lambda moment: moment[1]):
        yield Text(f"             {name.replace('_', ' '):<18}{at_ms:>+8.0f} ms", style="dim")


def _event(event: Mapping[str, Any]) -> Text:
    turn = "" if event["turn"] is None else str(event["turn"])
    detail = "" if event["detail"] is None else json.dumps(event["detail"], ensure_ascii=False)
    return Text(escaped(f"{event['at_ms']:>10.0f}  {turn:>3}  {event['event']:<20} {detail}").rstrip())


def _who(call: Mapping[str, Any]) -> str:
    return (
        " ".join(part for part in (call["caller"], call["caller_name"]) if part not in {None, "", "unknown"})
        or "unknown"
    )


def _clock(iso: str) -> str:
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _lasted(call: Mapping[str, Any]) -> str:
    if call["ended"] is None:
        return "now"
    seconds = (datetime.fromisoformat(call["ended"]) - datetime.fromisoformat(call["started"])).total_seconds()
    return f"{seconds:.0f} s"


def _end(call: Mapping[str, Any]) -> str:
    return call["ended_by"] or "goes on"
