"""How a benchmark looks to a person: one row a stage, the sum last."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.text import Text

from voicectl.logs.safe_text import escaped

_MEANINGS: Final = {
    "endpoint": "waiting to be sure that the caller has finished",
    "recognise": "words of the caller",
    "answer": "script or language model",
    "speech": "first piece of voice",
    "wire": "from the agent to the caller's ear",
}
_FIGURES: Final = ("p50", "p95", "p99", "max")
_NAME_WIDTH: Final = 16
_MOST_LOST: Final = 5


def picture_of_bench(document: Mapping[str, Any]) -> Text:
    """The table, with what it was measured on and what was lost."""
    return Text("\n").join([*_heading(document), Text(), *_table(document), Text(), *_remarks(document)])


def _heading(document: Mapping[str, Any]) -> Iterator[Text]:
    machine, agent = document["machine"], document["agent"]
    calls, turns = document["calls"], document["turns"]
    yield Text(f"{turns['measured']} of {turns['asked']} turns over {calls['answered']} calls at once", style="bold")
    yield Text(f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mib'] // 1024} GiB, {machine['system']}")
    yield Text(", ".join(f"{name} {value}" for name, value in agent.items() if value is not None), style="dim")


def _table(document: Mapping[str, Any]) -> Iterator[Text]:
    yield Text(f"{'ms':<{_NAME_WIDTH}}" + "".join(f"{name:>9}" for name in _FIGURES), style="bold")
    for stage, figures in document["stages_ms"].items():
        if figures["n"]:
            yield Text.assemble(_row(stage, figures), (f"   {_MEANINGS[stage]}", "dim"))
    yield Text(_row("voice to voice", document["voice_to_voice_ms"]), style="bold green")
    yield Text(f"{'published':<{_NAME_WIDTH}}{document['published_ms']:>9}   by others, without a method", style="dim")


def _row(name: str, figures: Mapping[str, Any]) -> str:
    cells = ("-" if figures[figure] is None else f"{figures[figure]:.0f}" for figure in _FIGURES)
    return f"{name:<{_NAME_WIDTH}}" + "".join(f"{cell:>9}" for cell in cells)


def _remarks(document: Mapping[str, Any]) -> Iterator[Text]:
    rtp, turns = document["rtp"], document["turns"]
    yield Text(
        f"{turns['different']} different questions; {turns['cut_off']} callers cut off, {turns['lost']} turns lost."
    )
    if document["identity_ms"] is not None:
        yield Text(f"Stages and total differ by {document['identity_ms']:.0f} ms at most.")
    answered_by = ", ".join(f"{count} by {source}" for source, count in document["sources"].items())
    yield Text(f"Answered: {answered_by or 'none'}.")
    yield Text(
        f"RTP: {rtp['received_packets']} packets, {rtp['received_lost']} lost, "
        f"{_gap(rtp)}longest gap {rtp['longest_gap_ms']:.0f} ms; "
        f"the phone itself was {rtp['phone_latest_ms']:.0f} ms late at worst."
    )
    for refused in document["calls"]["refused"][:_MOST_LOST]:
        yield Text(f"Call refused: {escaped(refused)}", style="yellow")
    for lost in document["lost"][:_MOST_LOST]:
        yield Text(escaped(f"Lost: “{lost['said']}”: {lost['why']}"), style="yellow")


def _gap(rtp: Mapping[str, Any]) -> str:
    return f"99.9 % within {rtp['gap_p99_9_ms']} ms of the one before, " if rtp["gap_p99_9_ms"] is not None else ""
