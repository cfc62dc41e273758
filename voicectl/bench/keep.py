"""Keeps a benchmark beside the plan, so that the next plan knows what was measured."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from voicectl.planner.measured import cell_of, measured_text, read_measured
from voicectl.whole_file import write_whole


def keep_measured(path: Path, document: Mapping[str, Any], say: Callable[[str], None]) -> None:
    """Add the benchmark to the file; one that cannot be written is told, since the figures are on the screen."""
    cell = cell_of(document)
    if cell is None:
        return
    try:
        write_whole(path, measured_text(read_measured(path, say).with_cell(cell)))
    except OSError as error:
        say(f"{path} cannot be written ({error.strerror}): the next plan will not know of this benchmark.")
