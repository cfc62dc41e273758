"""How a call looks to a person: what was said on the left, and on the right what the caller waited for."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from statistics import median
from textwrap import wrap
from typing import Any, Final

from rich.text import Text

from voicectl.logs.safe_text import escaped

_BAR_CELLS: Final = 20
_TIMELINE_WIDTH: Final = 20 + 9 + 2 + _BAR_CELLS
_NARROWEST: Final = 32
_WIDEST: Final = 64
_STYLES: Final = {
    "caller_stopped": "dim",
    "turn_committed": "yellow",
    "words_recognised": "blue",
    "answer_chosen": "magenta",
    "first_audio_sent": "green",
    "first_audio_heard": "bold green",
}


def picture_of_call(document: Mapping[str, Any]) -> Text:
    """The whole call: the greeting, each turn, and the sums."""
    lines = [_title(document)]
    if document.get("answered"):
        lines += [Text(), *_greeting(document["greeting"])]
        scale_ms = max((turn["voice_to_voice_ms"] or 0 for turn in document["turns"]), default=0)
        for turn in document["turns"]:
            lines += [Text(), *_beside(_spoken(turn), list(_timeline(turn, scale_ms)))]
        lines += [Text(), *_summary(document)]
    return Text("\n").join(lines)


def _title(document: Mapping[str, Any]) -> Text:
    if not document.get("answered"):
        return Text(f"Not answered: {document.get('reason') or 'no reason given'}", style="bold red")
    known_as = document.get("call_id") or document["sip_call_id"]
    lasted = f"{document['lasted_ms'] / 1000:.1f} s"
    facts = (known_as, document["codec"], lasted, f"ended by the {document['ended_by']}")
    return Text.assemble(("Call ", "bold"), " · ".join(escaped(str(fact)) for fact in facts))


def _greeting(greeting: Mapping[str, Any]) -> Iterator[Text]:
    heard = greeting["heard"] if greeting["heard"] is not None else f"({greeting['lost'] or 'not written down'})"
    yield from _said("agent", heard, "green", _WIDEST + _TIMELINE_WIDTH)


def _spoken(turn: Mapping[str, Any]) -> list[Text]:
    """Caller and agent, and whether that was right."""
    width = max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size((100, 24)).columns - _TIMELINE_WIDTH - 2))
    cut_in = " (cutting in)" if turn["interrupted"] else ""
    heard = turn["heard"] if turn["heard"] is not None else f"({turn['lost'] or 'not written down'})"
    lines = [*_said("caller", turn["said"] + cut_in, "cyan", width), *_said("agent", heard, "green", width)]
    if turn["right"] is not None:
        yes, no = ("✓", "✗") if _speaks_unicode() else ("+", "X")
        verdict = (
            (f"{yes} as expected", "green") if turn["right"] else (f"{no} expected: {turn['expected']}", "bold red")
        )
        lines += [Text(f"{'':8}{line}", style=verdict[1]) for line in wrap(escaped(verdict[0]), width - 8)]
    if turn["interrupt_stop_ms"] is not None:
        lines.append(Text(f"{'':8}the agent fell silent after {turn['interrupt_stop_ms']:.0f} ms", style="dim"))
    return [_padded(line, width) for line in lines]


def _said(who: str, words: str, style: str, width: int) -> Iterator[Text]:
    for number, line in enumerate(wrap(escaped(words), width - 8) or [""]):
        yield Text.assemble((f"{'' if number else who:<8}", f"bold {style}"), line)


def _timeline(turn: Mapping[str, Any], scale_ms: float) -> Iterator[Text]:
    """The moments in the order of time: what speculation has done early stands early."""
    if turn["voice_to_voice_ms"] is None:
        yield Text(turn["lost"] or "", style="yellow")
        return
    moments = turn.get("timeline_ms") or {"caller_stopped": 0.0, "first_audio_heard": turn["voice_to_voice_ms"]}
    full = "━" if _speaks_unicode() else "-"
    for name, at_ms in sorted(moments.items(), key=lambda moment: moment[1]):
        cells = round(_BAR_CELLS * max(0.0, at_ms) / scale_ms) if scale_ms > 0 else 0
        label = name.replace("_", " ")
        yield Text.assemble(f"{label:<18}", f"{at_ms:>+7.0f} ms  ", (full * min(cells, _BAR_CELLS), _STYLES[name]))


def _beside(left: list[Text], right: list[Text]) -> Iterator[Text]:
    empty = _padded(Text(), left[0].cell_len)
    for one, other in zip_longest(left, right, fillvalue=None):
        line = Text.assemble(one or empty, "  ", other or "")
        line.rstrip()
        yield line


def _padded(line: Text, width: int) -> Text:
    return Text.assemble(line, " " * max(0, width - line.cell_len))


def _summary(document: Mapping[str, Any]) -> Iterator[Text]:
    turns = document["turns"]
    times = [turn["voice_to_voice_ms"] for turn in turns if turn["voice_to_voice_ms"] is not None]
    if times:
        yield Text.assemble(
            ("Voice to voice  ", "bold"), f"{median(times):.0f} ms in the middle, {max(times):.0f} ms at the longest"
        )
    judged = [turn["right"] for turn in turns if turn["right"] is not None]
    if judged:
        style = "bold green" if all(judged) else "bold red"
        yield Text.assemble(("Answers         ", "bold"), (f"{sum(judged)} of {len(judged)} right", style))
    if document.get("record"):
        yield Text.assemble(("Agent's record  ", "bold"), str(document["record"]))
    elif document.get("call_id"):
        yield Text.assemble(("Agent's side    ", "bold"), f"voicectl logs --call {document['call_id']}")
    if document["recording"]:
        yield Text.assemble(("Recording       ", "bold"), f"{document['recording']} (caller left, agent right)")


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().startswith("utf")
