"""The benchmark asks varied questions, and its figures are what was measured."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicectl.__main__ import main
from voicectl.bench.job import bench_job, longest_bench_s
from voicectl.bench.questions import questions_in, questions_of
from voicectl.bench.report import problem_of, report
from voicectl.bench.result_file import ensure_writable
from voicectl.bench.statistics import percentile, percentile_of_counts, summarise
from voicectl.cli.bench_picture import picture_of_bench
from voicectl.errors import ServiceError, UsageError, VoicectlError
from voicectl.paths import RUNTIME

SHIPPED = RUNTIME / "voicectl_runtime" / "orchestrator" / "script" / "dental_clinic.toml"
ABOUT = {"machine": {"cpu": "Abacus", "cores": 2, "memory_mib": 2048, "system": "Debian"}, "agent": {"stt": "tiny"}}


@given(st.lists(st.floats(0, 10_000), min_size=1, max_size=50), st.sampled_from([50, 95, 99, 0, 100]))
def test_percentile_is_numpys(values: list[float], percent: int) -> None:
    """The usual definition, without the library."""
    assert percentile(values, percent) == pytest.approx(float(np.percentile(values, percent)))


@pytest.mark.parametrize(("percent", "value"), [(50, 20), (99, 20), (99.9, 21), (99.95, 22), (100, 22)])
def test_percentiles_of_what_was_counted(percent: float, value: int) -> None:
    """A hundred thousand packets need no hundred thousand figures."""
    assert percentile_of_counts({22: 1, 20: 990, 21: 9}, percent) == value
    assert percentile_of_counts({}, percent) is None


def test_nothing_measured_is_nothing_said() -> None:
    """No zero stands in for a missing figure."""
    assert summarise([]) == {"n": 0, "p50": None, "p95": None, "p99": None, "max": None}


def test_shipped_script_gives_varied_questions() -> None:
    """Fifty turns repeat nothing, and nothing that ends the call is asked."""
    questions = questions_of(SHIPPED, 50)
    text = SHIPPED.read_text(encoding="utf-8")

    assert len(set(questions)) == 50
    assert questions == questions_of(SHIPPED, 50)
    assert not any("goodbye" in question for question in questions)
    assert all(question in text for question in questions[:15])


@pytest.mark.parametrize(
    ("script", "code"),
    [("[answers.a]\nquestions = []\nsay = 'x'", "E552"), ("[", "E551"), ("[unrelated]\nquestions = ['x']", "E552")],
)
def test_script_without_questions_is_said(tmp_path: Path, script: str, code: str) -> None:
    """One line instead of an empty benchmark."""
    (tmp_path / "script.toml").write_text(script, encoding="utf-8")

    with pytest.raises(ServiceError) as found:
        questions_of(tmp_path / "script.toml", 5)
    assert found.value.code == code


def test_few_questions_are_asked_again(tmp_path: Path) -> None:
    """A script of one question carries any number of turns, in other words."""
    (tmp_path / "script.toml").write_text(
        "[answers.a]\nquestions = ['are you {x} open']\nsay = 'yes'", encoding="utf-8"
    )

    questions = questions_of(tmp_path / "script.toml", 7)
    assert len(questions) == 7
    assert len(set(questions)) > 1


def test_questions_of_a_file(tmp_path: Path) -> None:
    """One a line, again from the top when there are too few; nothing else is asked."""
    (tmp_path / "asked.txt").write_text("how do volcanoes erupt\n\n  why is the sky blue\n", encoding="utf-8")

    assert questions_in(tmp_path / "asked.txt", 3) == [
        "how do volcanoes erupt",
        "why is the sky blue",
        "how do volcanoes erupt",
    ]


@pytest.mark.parametrize(
    ("held", "says"),
    [
        (b"", "E105 .*asked.txt: holds no question"),
        (b"\n \n", "E105 .*asked.txt: holds no question"),
        (b"when\n\0\0", r"E105 .*asked.txt:2: nothing that a caller could say \('.x00.x00'\)"),
        (b"when\n\n[]", r"E105 .*asked.txt:3: nothing that a caller could say \('\[\]'\)"),
        (b"when " * 100, "E105 .*asked.txt:1: nothing that .* at most 300 characters"),
        (b"\xff\xfe", "E201 .*asked.txt:1: not UTF-8"),
    ],
)
def test_a_file_without_questions_is_said(tmp_path: Path, held: bytes, says: str) -> None:
    """Before the first call, in one short line."""
    (tmp_path / "asked.txt").write_bytes(held)

    with pytest.raises(VoicectlError, match=says) as found:
        questions_in(tmp_path / "asked.txt", 3)
    assert len(str(found.value)) < 300 + len(str(tmp_path))


def test_a_pipe_is_not_asked(tmp_path: Path) -> None:
    """It would be waited on for ever."""
    os.mkfifo(tmp_path / "asked.txt")

    with pytest.raises(VoicectlError, match="E103"):
        questions_in(tmp_path / "asked.txt", 3)


def test_job_deals_the_questions_out() -> None:
    """N turns in all, not N for each call; the limit grows with them."""
    job = bench_job(["q"] * 50, 4)

    assert (job["calls"], len(job["turns"]), job["deal_turns"], job["transcribe"]) == (4, 50, True, False)
    assert longest_bench_s(job) > job["longest_s"] > 50 / 4 * 6


def turn(voice_to_voice_ms: float | None, **more: Any) -> dict[str, Any]:
    stages = {"endpoint": 200.0, "recognise": 0.0, "answer": 0.0, "speech": 10.0, "wire": 5.0}
    lost = None if voice_to_voice_ms else "no answer came"
    return {"said": "q", "voice_to_voice_ms": voice_to_voice_ms, "lost": lost, "stages_ms": stages, **more}


def call(*turns: dict[str, Any]) -> dict[str, Any]:
    rtp: dict[str, Any] = {
        "received_packets": 10,
        "received_lost": 1,
        "received_longest_gap_ms": 22.0,
        "sent_latest_ms": 3.0,
    }
    rtp["received_gaps_ms"] = {"20": 990, "21": 9, "22": 1}
    return {"answered": True, "turns": list(turns), "rtp": rtp}


BUSY = {"answered": False, "status": 503, "reason": "Service Unavailable", "turns": [turn(None)]}


def test_report_counts_what_was_lost() -> None:
    """Lost turns and refused calls are told with their reasons and stand in no percentile."""
    document = report([call(turn(215.0, source="script"), turn(216.0), turn(None, cut_off=True)), BUSY], about=ABOUT)

    assert document["turns"] == {"asked": 4, "different": 1, "measured": 2, "lost": 2, "cut_off": 1}
    assert document["calls"] == {"placed": 2, "answered": 1, "refused": ["503 Service Unavailable"]}
    assert document["voice_to_voice_ms"]["p50"] == 215.5
    assert document["stages_ms"]["endpoint"]["max"] == 200.0
    assert document["identity_ms"] == 1.0
    assert (document["sources"], document["ok"]) == ({"script": 1, "unknown": 1}, True)
    assert problem_of(document) is None


def test_report_without_a_figure_is_a_failure() -> None:
    """All calls refused: exit 1, with the reason."""
    document = report([BUSY], about=ABOUT)

    problem = problem_of(document)
    assert problem is not None
    assert "503" in str(problem)
    assert "Call refused: 503" in picture_of_bench(document).plain


def test_picture_shows_stages_and_the_sum() -> None:
    """Every stage has a row; the total stands last."""
    picture = picture_of_bench(report([call(turn(215.0), turn(230.0))], about=ABOUT)).plain

    rows = [line.split()[0] for line in picture.splitlines() if line]
    assert "0 callers cut off" in picture
    assert rows.index("voice") < rows.index("published")
    assert rows.index("endpoint") < rows.index("wire") < rows.index("voice")
    assert "99.9 % within 21 ms" in picture
    assert "2 of 2 turns" in picture


def test_result_file_is_tried_first(tmp_path: Path) -> None:
    """A folder that is not there is said before the calls."""
    with pytest.raises(UsageError, match="cannot be written"):
        ensure_writable(tmp_path / "none" / "bench.json")


def test_a_benchmark_that_failed_says_so_in_its_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1, and the error beside whatever was measured."""
    (tmp_path / "asked.txt").write_text("when\n", encoding="utf-8")
    refused = {"ok": False, "calls": {"refused": ["503 Service Unavailable"]}}
    monkeypatch.setattr("voicectl.bench.run.run_bench", lambda *_, **__: refused)
    monkeypatch.chdir(tmp_path)

    assert main(["bench", "--json", "--questions", "asked.txt", "--out", "kept.json"]) == 1

    for text in (capsys.readouterr().out, (tmp_path / "kept.json").read_text(encoding="utf-8")):
        assert json.loads(text)["error"]["problem"] == "503 Service Unavailable"
