"""A benchmark is kept beside the plan."""

from pathlib import Path
from typing import Any

from voicectl.bench.keep import keep_measured
from voicectl.planner.measured import read_measured

DOCUMENT: dict[str, Any] = {
    "at": "now",
    "machine": {"cpu": "x", "cores": 2},
    "agent": {"stt": "s", "tts": "t", "llm": None, "stop_ms": 200},
    "calls": {"placed": 4},
    "turns": {"asked": 40, "lost": 1},
    "voice_to_voice_ms": {"p50": 243.4, "p95": 522.5},
    "stages_ms": {name: {"p50": 1.5} for name in ("endpoint", "recognise", "answer", "speech", "wire")},
}


def test_the_newest_of_each_number_of_calls_is_kept(tmp_path: Path) -> None:
    """A second benchmark adds to the first, or takes its place."""
    said: list[str] = []
    for calls, p50 in ((4, 250.0), (1, 240.0), (4, 245.0)):
        waited = {"p50": p50, "p95": 500.0}
        keep_measured(
            tmp_path / "m.json", {**DOCUMENT, "calls": {"placed": calls}, "voice_to_voice_ms": waited}, said.append
        )

    kept = read_measured(tmp_path / "m.json", said.append).cells
    assert [(one.calls, one.p50) for one in kept] == [
        (1, 240.0),
        (4, 245.0),
    ]
    assert said == []


def test_what_cannot_be_kept_is_told(tmp_path: Path) -> None:
    """The figures are on the screen all the same."""
    said: list[str] = []
    keep_measured(tmp_path / "nowhere" / "m.json", DOCUMENT, said.append)
    keep_measured(tmp_path / "m.json", {"ok": False}, said.append)

    assert len(said) == 1
    assert "cannot be written" in said[0]
    assert not (tmp_path / "m.json").exists()
