"""What was measured here, kept beside the plan: figures of `voicectl bench` and of the probe replace estimates."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from voicectl.config.find import read_regular_file
from voicectl.documents import DocumentError, from_plain, to_plain
from voicectl.errors import VoicectlError

SCHEMA: Final = "voicectl.measured/1"
FILE_NAME: Final = "voicectl.measured.json"
AnsweredBy = Literal["script", "model"]


@dataclass(frozen=True)
class Setup:
    """What a figure belongs to: with another processor or other engines it says nothing."""

    cpu: str
    cores: int
    stt: str
    tts: str
    llm: str | None
    stop_ms: int


@dataclass(frozen=True)
class Cell:
    """One benchmark; milliseconds as callers wait them."""

    setup: Setup
    calls: int
    turns: int
    lost: int
    p50: float
    p95: float
    endpoint: float
    recognise: float
    answer: float
    speech: float
    wire: float
    """Medians of the stages."""
    at: str
    answered_by: AnsweredBy = "script"
    """Who answered most of the turns."""


@dataclass(frozen=True)
class Probe:
    """The engines alone, asked for a few sentences."""

    cpu: str
    cores: int
    stt: str
    tts: str
    llm: str | None
    recognise_ms: float
    clause_ms: float
    first_token_ms: float
    tokens_s: float
    """The last two are 0 where no language model runs."""


@dataclass(frozen=True)
class Measured:
    """Everything that was measured beside one plan."""

    cells: tuple[Cell, ...] = ()
    probes: tuple[Probe, ...] = ()

    def with_cell(self, cell: Cell) -> "Measured":
        """The newest of each number of calls, and of each who answered."""
        others = tuple(one for one in self.cells if _question(one) != _question(cell))
        return replace(self, cells=tuple(sorted((*others, cell), key=lambda one: (one.setup.stt, one.calls))))

    def with_probe(self, probe: Probe) -> "Measured":
        """The newest of each set of engines."""
        others = tuple(one for one in self.probes if _engines(one) != _engines(probe))
        return replace(self, probes=(*others, probe))

    def cells_of(self, setup: Setup, answered_by: AnsweredBy) -> tuple[Cell, ...]:
        """What was measured of exactly this."""
        return tuple(cell for cell in self.cells if (cell.setup, cell.answered_by) == (setup, answered_by))

    def probe_of(self, cpu: str, cores: int) -> Probe | None:
        """The newest probe of this processor; which engines it says something about stands in it."""
        found = [probe for probe in self.probes if (probe.cpu, probe.cores) == (cpu, cores)]
        return found[-1] if found else None


def cell_of(document: Mapping[str, Any]) -> Cell | None:
    """A benchmark's document as a cell; None where it measured nothing or does not say on what.

    Nor where neither the script nor a model answered half of the turns: a plan says nothing of such.
    """
    try:
        answered_by = _answered_by(document.get("sources") or {"script": 1})
        if answered_by is None:
            return None
        machine, agent, waited = document["machine"], document["agent"], document["voice_to_voice_ms"]
        stages = {name: float(stage["p50"]) for name, stage in document["stages_ms"].items()}
        setup = Setup(machine["cpu"], machine["cores"], agent["stt"], agent["tts"], agent.get("llm"), agent["stop_ms"])
        return Cell(
            setup=setup,
            calls=document["calls"]["placed"],
            turns=document["turns"]["asked"],
            lost=document["turns"]["lost"],
            p50=float(waited["p50"]),
            p95=float(waited["p95"]),
            at=document["at"],
            answered_by=answered_by,
            **{name: stages[name] for name in ("endpoint", "recognise", "answer", "speech", "wire")},
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def read_measured(path: Path, say: Callable[[str], None]) -> Measured:
    """What the file keeps; nothing where there is none, or where it is not whole: measuring again is cheap.

    Args:
        path: it lies beside the plan.
        say: learns that the file is ignored, and why.
    """
    if not os.path.lexists(path):
        return Measured()
    try:
        return _measured_in(read_regular_file(path, fix="run `voicectl bench`"))
    except VoicectlError as error:
        why = error.problem
    except (ValueError, RecursionError, DocumentError) as error:
        why = str(error)
    say(f"{path} is ignored, and with it what was measured here: {why}.")
    return Measured()


def _measured_in(text: str) -> Measured:
    document = json.loads(text)
    if not isinstance(document, dict) or document.pop("schema", None) != SCHEMA:
        raise DocumentError(f"no document of {SCHEMA}")
    found = from_plain(Measured, document, "measured")
    assert isinstance(found, Measured)  # noqa: S101 - narrows the type; from_plain made it
    return found


def measured_text(measured: Measured) -> str:
    """The file's content."""
    return json.dumps({"schema": SCHEMA, **to_plain(measured)}, indent=2, ensure_ascii=False) + "\n"


def _answered_by(sources: Mapping[str, int]) -> AnsweredBy | None:
    sides: tuple[AnsweredBy, ...] = ("script", "model")
    return next((side for side in sides if 2 * sources.get(side, 0) >= sum(sources.values())), None)


def _question(cell: Cell) -> tuple[Setup, int, AnsweredBy]:
    return cell.setup, cell.calls, cell.answered_by


def _engines(probe: Probe) -> tuple[str, int, str, str, str | None]:
    return probe.cpu, probe.cores, probe.stt, probe.tts, probe.llm
